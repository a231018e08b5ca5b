//! Fleets of any size: regions spread over the Earth, each with its sites, keys and callers, whose partner is its neighbour.

use keyfleet::scenario;
use keyfleet::world::Blueprint;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

/// What a fleet is made of; its callers send 1,000 requests a second in each region.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub regions: u32,
    /// In each region.
    pub sites: u32,
    /// In all.
    pub keys: u32,
    /// How long it runs, in seconds.
    pub seconds: u32,
}

/// The fleet as a scenario.
pub fn text(size: Size) -> String {
    let Size { regions, sites, keys, seconds } = size;
    let mut text = format!("format = 1\nrun = \"{seconds} s\"\nwarm_up = \"0 s\"\nreplications = 1\n");
    // A device as a cloud's, with room for any number of keys.
    text += "[profile.box]\nengines = 8\ndistribution = \"lognormal\"\ncv = 0.25\nop.sign.mean = \"3 ms\"\n[region]\n";
    for region in 0..regions {
        // Steps of the golden section and of the plastic number leave no two near each other.
        let part = |step: f64| (f64::from(region) * step).fract();
        let (lat, lon) = (110.0 * part(0.618_034) - 50.0, 360.0 * part(0.754_878) - 180.0);
        let partner = (region + 1) % regions;
        writeln!(
            text,
            "r{region} = {{ at = {{ lat = {lat:.2}, lon = {lon:.2}, country = \"US\", zone = \"UTC\" }}, \
             device = \"box\", hsms = 10, sites = {sites}, partner = \"r{partner}\" }}"
        )
        .expect("a text grows");
    }
    let key =
        "algorithm = \"rsa-2048\"\nstay = \"anywhere\"\ncopies = 2\npartner_copies = 1\npopularity = \"zipf 0.99\"";
    write!(text, "[key.issuer]\ncount = {keys}\n{key}\n").expect("a text grows");
    text += "[load.sign]\ncalls = [\"sign\"]\nkey = \"issuer\"\n[load.sign.from]\n";
    (0..regions).for_each(|region| text += &format!("r{region} = \"1 k/s\"\n"));
    text + "[network]\nloss = \"0.1 %\"\n"
}

/// The fleet, ready to run.
pub fn blueprint(size: Size) -> Blueprint {
    match scenario::load_text(Path::new("regions.toml"), &text(size), &[]) {
        Ok(loaded) => Blueprint::new(Arc::new(loaded.scenario)),
        Err(diagnostics) => panic!("{}", diagnostics.render(false)),
    }
}
