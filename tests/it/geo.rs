//! The embedded datasets are whole and plausible, and what is computed from them agrees with known values.

use keyfleet::geo::{self, Calendar, Place};
use keyfleet::kms::Badge;
use keyfleet::time::{Span, Time};

fn at(id: &str) -> &'static Place {
    geo::place(id).unwrap_or_else(|| panic!("{id} is a place"))
}

fn hours(n: u64) -> Time {
    Time::ZERO + Span::from_secs(3600 * n)
}

/// 2027-03-01 00:00 UTC, a Monday.
const MARCH_2027: i64 = 1_803_859_200;

#[test]
fn known_distances() {
    // Great-circle calculators give these to within a kilometre or two of the coordinates' rounding.
    let cases = [("London", "Paris", 344.0), ("New York", "Tokyo", 10_850.0), ("Sydney", "Sao Paulo", 13_360.0)];
    for (a, b, km) in cases {
        let got = geo::distance_km(at(a), at(b));
        assert!((got - km).abs() < 0.005 * km, "{a}-{b}: {got} km, not {km}");
    }
    assert_eq!(geo::distance_km(at("Oslo"), at("Oslo")), 0.0);
    let across_the_date_line = geo::distance_km(at("Suva"), at("Honolulu"));
    assert!((5_000.0..5_200.0).contains(&across_the_date_line), "{across_the_date_line}");
}

#[test]
fn round_trips_are_symmetric_and_at_least_light() {
    for a in geo::places() {
        for b in geo::places().iter().step_by(7) {
            let there = geo::rtt(a, b);
            assert_eq!(there, geo::rtt(b, a), "{} {}", a.id, b.id);
            let light_ms = geo::distance_km(a, b) * 2.0 / 299.8;
            // A matrix metro may stand for a place 100 km further off at each end.
            assert!(there.span.as_millis_f64() > light_ms - 1.4, "{} {}: {}", a.id, b.id, there.span);
            assert!(there.span.as_millis_f64() < 700.0, "{} {}: {}", a.id, b.id, there.span);
        }
    }
}

#[test]
fn round_trips_of_the_matrix_hold_for_neighbours() {
    let published = geo::rtt(at("ibm:eu-de"), at("ibm:jp-tok"));
    assert_eq!((published.span, published.badge), (Span::from_micros(228_500), Badge::Published));
    assert_eq!(geo::rtt(at("aws:us-east-1"), at("Slough")).span, Span::from_micros(76_000));
    let unknown = geo::rtt(at("Warsaw"), at("Madrid"));
    assert_eq!(unknown.badge, Badge::Assumed);
    let same = geo::rtt(at("aws:eu-central-1"), at("azure:germanywestcentral"));
    assert_eq!(same.span, Span::from_millis(1));
}

#[test]
fn the_distance_model_is_close_to_the_matrix() {
    // A degree and a half to the north is out of the matrix' reach, but not much further away.
    let nudged = |place: &Place| Place { lat: place.lat + 1.5, ..place.clone() };
    let regions: Vec<&Place> = geo::places().iter().filter(|place| place.provider == "ibm").collect();
    let mut ratios = Vec::new();
    for (index, a) in regions.iter().enumerate() {
        for b in &regions[index + 1..] {
            let (published, model) = (geo::rtt(a, b), geo::rtt(&nudged(a), &nudged(b)));
            assert_eq!(model.badge, Badge::Assumed, "{} {}", a.id, b.id);
            if published.badge == Badge::Published && geo::distance_km(a, b) > 1_000.0 {
                ratios.push(model.span.as_millis_f64() / published.span.as_millis_f64());
            }
        }
    }
    ratios.sort_by(f64::total_cmp);
    let (median, worst) = (ratios[ratios.len() / 2], (ratios[0], ratios[ratios.len() - 1]));
    assert!(ratios.len() > 60 && (0.93..1.07).contains(&median), "{} pairs, median {median}", ratios.len());
    assert!(worst.0 > 0.6 && worst.1 < 1.6, "{worst:?}");
}

#[test]
fn places_are_found_in_any_case_and_are_many() {
    assert_eq!(geo::place("AWS:US-East-1"), geo::place("aws:us-east-1"));
    assert_eq!(at("tel aviv").country, "IL");
    assert_eq!(geo::place("Atlantis"), None);
    for (provider, least) in [("aws", 35), ("azure", 50), ("gcp", 40), ("ibm", 13), ("city", 250)] {
        let count = geo::places().iter().filter(|place| place.provider == provider).count();
        assert!(count >= least, "{provider}: {count}");
    }
}

#[test]
fn every_place_lies_in_a_known_country_zone_and_metro() {
    let mut ids: Vec<String> = geo::places().iter().map(|place| place.id.to_lowercase()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), geo::places().len(), "two places with one id");
    for place in geo::places() {
        let country = geo::country(&place.country).unwrap_or_else(|| panic!("country of {}", place.id));
        assert!(Calendar::new(&place.zone, &place.country, 0).is_some(), "zone of {}", place.id);
        let metro = at(&place.metro);
        assert_eq!((metro.lat, metro.lon, &metro.country), (place.lat, place.lon, &place.country), "{}", place.id);
        assert!(in_continent(country.continent, place.lat, place.lon), "{} is not in {}", place.id, country.continent);
        assert!(!place.name.is_empty() && !place.source.is_empty());
        // The sun agrees with the clock to within three hours and a half (western China).
        let offset = utc_offset_hours(&place.zone);
        assert!((offset - place.lon / 15.0).abs() < 3.5, "{}: {offset} h at {} E", place.id, place.lon);
    }
}

/// Hours the zone is ahead of UTC in the middle of January 2027.
fn utc_offset_hours(zone: &str) -> f64 {
    let noon = MARCH_2027 - 45 * 86_400 + 12 * 3600;
    let local = Calendar::new(zone, "XX", noon).expect("known zone").at(Time::ZERO);
    let hours = f64::from(local.hour) + f64::from(local.minute) / 60.0 - 12.0;
    // Noon UTC is 15 January; what lies east of 180 degrees is a day ahead.
    hours + if local.day_of_year == 16 { 24.0 } else { 0.0 }
}

/// A box around each continent, Russia's far east and the Pacific included where they belong.
fn in_continent(continent: &str, lat: f64, lon: f64) -> bool {
    let (south, north, west, east) = match continent {
        "EU" => (34.0, 72.0, -25.0, 180.0),
        "AF" => (-36.0, 38.0, -26.0, 58.0),
        "AS" => (-11.5, 56.0, 26.0, 146.0),
        "NA" => (7.0, 72.0, -170.0, -52.0),
        "SA" => (-56.0, 13.0, -82.0, -34.0),
        "OC" => (-48.0, 20.0, 112.0, 180.0),
        _ => return false,
    };
    (south..=north).contains(&lat) && (west..=east).contains(&lon)
}

#[test]
fn countries_are_whole() {
    assert!(geo::countries().len() >= 245);
    for country in geo::countries() {
        assert!(Calendar::new(country.zone, country.iso2, 0).is_some(), "zone of {}", country.iso2);
        assert!((0.0..=1.0).contains(&country.internet_share), "{}", country.iso2);
        assert!(country.lat.abs() <= 90.0 && country.lon.abs() <= 180.0, "{}", country.iso2);
        assert!(country.iso2.len() == 2 && country.iso3.len() == 3 && !country.name.is_empty());
    }
    let people: u64 = geo::countries().iter().map(|country| country.population).sum();
    assert!((7_400_000_000..8_300_000_000).contains(&people), "{people}");
    let online: f64 = geo::countries().iter().map(|c| c.population as f64 * c.internet_share).sum();
    assert!((4.9e9..5.7e9).contains(&online), "ITU counts about 5.5 billion, here {online}");
    assert_eq!(geo::country("de").map(|country| country.name), Some("Germany"));
    assert_eq!(geo::country("Germany"), None);
}

#[test]
fn groups_have_their_members() {
    let members = |group: &str| geo::countries().iter().filter(|c| geo::in_group(c.iso2, group)).count();
    assert_eq!((members("EU"), members("EEA"), members("EFTA"), members("SCHENGEN")), (27, 30, 4, 29));
    assert_eq!((members("FVEY"), members("G7"), members("G20"), members("GCC")), (5, 7, 19, 6));
    assert!(geo::in_group("de", "eu") && !geo::in_group("GB", "EU") && !geo::in_group("CH", "EEA"));
    assert!(!geo::in_group("DE", "XYZ") && !geo::in_group("XX", "EU"));
    assert!(geo::groups().contains(&"EU") && geo::groups().is_sorted());
}

#[test]
fn holidays_of_known_days() {
    let name = |country: &str, zone: &str, unix: i64| {
        Calendar::new(zone, country, unix).expect("known zone").at(Time::ZERO).holiday
    };
    let day = |month_day: i64| MARCH_2027 + month_day * 86_400 + 12 * 3600;
    let (july_5, october_3, christmas) = (day(126), day(216), day(299));
    assert_eq!(geo::utc_label(july_5, Time::ZERO), "2027-07-05 12:00");
    assert_eq!(geo::utc_label(october_3, Time::ZERO), "2027-10-03 12:00");
    assert_eq!(geo::utc_label(christmas, Time::ZERO), "2027-12-25 12:00");
    assert_eq!(name("US", "America/New_York", july_5), Some("Independence Day (observed)"));
    assert_eq!(name("DE", "Europe/Berlin", october_3), Some("German Unity Day"));
    assert_eq!(name("GB", "Europe/London", october_3), None);
    for country in ["US", "DE", "GB", "FR", "BR", "AU"] {
        assert!(name(country, "UTC", christmas).is_some(), "{country}");
    }
    assert_eq!(name("XX", "UTC", christmas), None);
}

#[test]
fn every_country_with_holidays_has_a_sane_number_each_year() {
    let mut lines = include_str!("../../datasets/holidays.csv").lines().filter(|line| !line.starts_with('#')).skip(1);
    let mut counts = std::collections::BTreeMap::new();
    lines.by_ref().for_each(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(fields.len(), 3, "{line}");
        *counts.entry((fields[0], &fields[1][..4])).or_insert(0) += 1;
    });
    let countries: std::collections::BTreeSet<&str> = counts.keys().map(|(country, _)| *country).collect();
    assert!(countries.len() >= 60);
    for member in geo::countries().iter().filter(|c| geo::in_group(c.iso2, "EU") || geo::in_group(c.iso2, "G20")) {
        assert!(countries.contains(member.iso2), "no holidays for {}", member.iso2);
    }
    for ((country, year), count) in counts {
        assert!((3..=40).contains(&count), "{country} {year}: {count}");
    }
}

#[test]
fn local_time_follows_daylight_saving() {
    let mut london = Calendar::new("Europe/London", "GB", MARCH_2027).expect("known zone");
    let winter = london.at(hours(9));
    assert_eq!((winter.hour, winter.minute, winter.weekday, winter.day_of_year), (9, 0, 0, 60));
    // Clocks go forward on Sunday 28 March 2027 at 01:00 UTC: hour 27 * 24 + 1 of the run.
    let change = 27 * 24 + 1;
    assert_eq!(london.at(hours(change) - Span::from_secs(60)).hour, 0);
    let summer = london.at(hours(change));
    assert_eq!((summer.hour, summer.weekday), (2, 6));
    assert_eq!(london.at(hours(change - 1)).hour, 0, "asked backwards");
    assert_eq!(london.at(hours(30 * 24 + 23)).day_of_year, 91, "23:00 UTC on 31 March is 1 April in London");
    let mut kolkata = Calendar::new("Asia/Kolkata", "IN", MARCH_2027).expect("known zone");
    let half_past = kolkata.at(hours(20));
    assert_eq!((half_past.hour, half_past.minute, half_past.weekday), (1, 30, 1));
    assert!(Calendar::new("Europe/Atlantis", "GB", 0).is_none());
}

#[test]
fn a_remembered_day_changes_nothing() {
    let step = Span::from_secs(1_020);
    for zone in ["Europe/London", "America/Sao_Paulo", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Auckland"] {
        let mut asked_often = Calendar::new(zone, "GB", MARCH_2027).expect("known zone");
        let mut time = Time::ZERO;
        while time < hours(24 * 250) {
            let mut asked_once =
                Calendar::new(zone, "GB", MARCH_2027 + (time.0 / 1_000_000_000) as i64).expect("known zone");
            assert_eq!(asked_often.at(time), asked_once.at(Time::ZERO), "{zone} {}", geo::utc_label(MARCH_2027, time));
            time += step;
        }
    }
}

#[test]
fn the_ends_of_time_do_not_panic() {
    for start in [i64::MIN, -1, 0, i64::MAX] {
        let mut calendar = Calendar::new("America/New_York", "US", start).expect("known zone");
        assert!(calendar.at(Time::NEVER).hour < 24);
        assert!(!geo::utc_label(start, Time::NEVER).is_empty());
    }
    assert_eq!(geo::utc_label(MARCH_2027, Time::ZERO + Span::from_secs(9 * 3600 + 40 * 60)), "2027-03-01 09:40");
}

#[test]
fn land_is_made_of_closed_rings() {
    assert!(geo::land().len() > 100);
    for ring in geo::land() {
        assert!(ring.len() >= 4 && ring.first() == ring.last());
        assert!(ring.iter().all(|(lon, lat)| lon.abs() <= 180.0 && lat.abs() <= 90.0));
    }
    assert!(on_land(at("Madrid")) && on_land(at("Brasilia")) && on_land(at("Ulaanbaatar")));
    let mid_atlantic = Place { lat: 30.0, lon: -45.0, ..at("Madrid").clone() };
    assert!(!on_land(&mid_atlantic));
}

/// Even-odd rule over all rings.
fn on_land(place: &Place) -> bool {
    let (x, y) = (place.lon, place.lat);
    let crosses = |edge: &&[(f64, f64)]| {
        let ((x1, y1), (x2, y2)) = (edge[0], edge[1]);
        (y1 > y) != (y2 > y) && x < (x2 - x1) * (y - y1) / (y2 - y1) + x1
    };
    geo::land().iter().flat_map(|ring| ring.windows(2)).filter(crosses).count() % 2 == 1
}

#[test]
fn prices_are_positive_and_found_by_place() {
    for price in geo::prices() {
        assert!(price.usd > 0.0 && price.as_of.parse::<jiff::civil::Date>().is_ok(), "{}", price.id);
        assert_eq!(geo::prices().iter().filter(|other| other.id == price.id).count(), 1, "{}", price.id);
    }
    let per_gb = |id: &str| geo::transfer_price(at(id)).map(|price| price.usd);
    assert_eq!(per_gb("aws:eu-central-1"), Some(0.02));
    assert_eq!(per_gb("aws:ap-south-1"), Some(0.086));
    assert_eq!(per_gb("London"), Some(0.09));
    assert!(geo::places().iter().all(|place| geo::transfer_price(place).is_some()));
}

#[test]
fn profiles_and_shapes_parse_and_are_whole() {
    assert!(geo::profile_ids().is_sorted() && geo::profile("no-such-device").is_none());
    let shipped = std::fs::read_dir("datasets/profiles").expect("the folder of profiles").count();
    assert_eq!(geo::profile_ids().count(), shipped, "a profile that is not embedded");
    for id in geo::profile_ids() {
        let text: toml::Table =
            geo::profile(id).expect("listed").parse().unwrap_or_else(|error| panic!("{id}: {error}"));
        let own: &[&str] = if text.contains_key("kind") { &["kind", "quota"] } else { &["engines", "queue"] };
        let all = ["format", "name", "vendor", "badge", "source", "as_of", "cv", "price", "op"];
        for key in all.iter().chain(own) {
            assert!(text.contains_key(*key), "{id} has no {key}");
        }
        assert!(text.contains_key("key_slots") || id == "azure-key-vault", "{id} has no key_slots");
    }
    let shapes: toml::Table = geo::shapes().parse().expect("shapes are TOML");
    let shapes = shapes["shape"].as_table().expect("tables");
    for name in ["flat", "payments", "business", "consumer", "web", "batch-night"] {
        for (key, length) in [("hours", 24), ("weekdays", 7)] {
            let values = shapes[name][key].as_array().expect("a list");
            let sum: f64 = values.iter().map(|value| value.as_float().expect("a number")).sum();
            assert!(values.len() == length && (sum / length as f64 - 1.0).abs() < 1e-9, "{name} {key}: {sum}");
        }
        let holiday = shapes[name]["holiday"].as_float().expect("a number");
        assert!((0.0..=2.0).contains(&holiday), "{name}");
    }
}

#[test]
fn incidents_are_dated_and_agree_with_the_fit() {
    let lines = include_str!("../../datasets/incidents.csv").lines().filter(|line| !line.starts_with('#')).skip(1);
    let mut hours: Vec<f64> = Vec::new();
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(fields.len(), 6, "{line}");
        assert!(fields[0].parse::<jiff::civil::Date>().is_ok(), "{line}");
        hours.push(fields[4].parse().expect("hours"));
    }
    hours.sort_by(f64::total_cmp);
    let median = hours[hours.len() / 2];
    assert!((4.0..10.0).contains(&median), "median {median} h, fitted 6.2 h");
}
