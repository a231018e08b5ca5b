//! Closed forms of queueing theory, each with its source and its limits. The engine is checked against the exact ones; the planner
//! starts from all of them. Times are seconds in `f64`: nothing here is simulated time. Knows nothing of HSMs.

use std::fmt;

/// Poisson arrivals at identical servers with one queue, first come first served.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Station {
    /// Arrivals per second, at least 0.
    pub arrival_rate: f64,
    /// Mean service time in seconds, above 0.
    pub mean_service: f64,
    /// Servers, at least 1; all forms are stable up to 10 000 and beyond, in time proportional to their number.
    pub servers: u32,
}

/// More arrives than can be served: the queue has no steady state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unstable {
    /// Work offered per server; at least 1.
    pub utilisation: f64,
}

/// How long arrivals wait for a server, in the steady state of a queue without limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Waiting {
    /// The share of arrivals that must wait, 0 to 1.
    pub probability: f64,
    /// Mean wait in seconds over all arrivals, those that do not wait included.
    pub mean: f64,
}

/// The steady state of a queue of limited length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// The share of arrivals turned away, 0 to 1.
    pub blocking: f64,
    /// Mean number of those waiting.
    pub mean_in_queue: f64,
    /// Mean wait in seconds of those let in.
    pub mean_wait: f64,
    /// The share of time that a server is busy, 0 to 1.
    pub utilisation: f64,
}

impl fmt::Display for Unstable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "offered {:.1} % of what the servers can do, so the queue grows without end",
            100.0 * self.utilisation
        )
    }
}

impl std::error::Error for Unstable {}

impl Station {
    /// Work offered in erlangs: servers busy on average if none were turned away.
    #[must_use]
    pub const fn offered(&self) -> f64 {
        self.arrival_rate * self.mean_service
    }

    /// Work offered per server; the queue is stable below 1.
    #[must_use]
    pub const fn utilisation(&self) -> f64 {
        self.offered() / self.servers as f64
    }

    fn stable_utilisation(&self) -> Result<f64, Unstable> {
        let utilisation = self.utilisation();
        // Written so that a NaN is refused too.
        if utilisation < 1.0 { Ok(utilisation) } else { Err(Unstable { utilisation }) }
    }
}

impl Waiting {
    /// The wait in seconds that the share `q` (0 to 1) of arrivals does not exceed. Exact for [`mm1`] and [`mmc`], whose wait is
    /// exponential once there is any; for the others the exponential tail is an approximation, good near saturation and for `q` above
    /// the share that does not wait (Kingman 1962; Tijms 2003, A First Course in Stochastic Models, 9.6): for [`md1`] and [`mdc`] it
    /// errs on the long side.
    #[must_use]
    pub fn quantile(&self, q: f64) -> f64 {
        if 1.0 - q >= self.probability {
            return 0.0;
        }
        self.mean / self.probability * libm::log(self.probability / (1.0 - q))
    }

    /// Mean number waiting, by Little's law (Little 1961), for arrivals at `arrival_rate` per second.
    #[must_use]
    pub const fn mean_in_queue(&self, arrival_rate: f64) -> f64 {
        self.mean * arrival_rate
    }
}

/// The share of arrivals lost at `servers` servers without a queue under `offered` erlangs: Erlang B, exact for any service time
/// distribution. By the recursion over servers (Cooper 1981, Introduction to Queueing Theory), which adds only positive terms.
#[must_use]
pub fn erlang_b(servers: u32, offered: f64) -> f64 {
    if offered <= 0.0 {
        return if servers == 0 { 1.0 } else { 0.0 };
    }
    (1..=servers).fold(1.0, |lost, servers| {
        let through = offered * lost;
        through / (f64::from(servers) + through)
    })
}

/// The share of arrivals that must wait in M/M/c under `offered` erlangs: Erlang C, from Erlang B (Cooper 1981).
///
/// # Errors
/// [`Unstable`] when `offered` is not below the number of servers.
pub fn erlang_c(servers: u32, offered: f64) -> Result<f64, Unstable> {
    let utilisation = Station { arrival_rate: offered, mean_service: 1.0, servers }.stable_utilisation()?;
    let lost = erlang_b(servers, offered);
    Ok(lost / (1.0 - utilisation * (1.0 - lost)))
}

/// M/M/1: one server, exponential service times. Exact (Kleinrock 1975, Queueing Systems I, 3.2).
///
/// # Errors
/// [`Unstable`] at a utilisation of 1 or more.
pub fn mm1(arrival_rate: f64, mean_service: f64) -> Result<Waiting, Unstable> {
    mg1(arrival_rate, mean_service, 1.0)
}

/// M/M/c: exponential service times. Exact (Kleinrock 1975, 3.5).
///
/// # Errors
/// [`Unstable`] at a utilisation of 1 or more.
pub fn mmc(station: &Station) -> Result<Waiting, Unstable> {
    let probability = erlang_c(station.servers, station.offered())?;
    let spare = f64::from(station.servers) - station.offered();
    Ok(Waiting { probability, mean: probability * station.mean_service / spare })
}

/// M/M/c/K: room for `capacity` arrivals in service and queue together; others are turned away. Exact, at any load (Kleinrock 1975,
/// 3.6; Gross et al. 2008, Fundamentals of Queueing Theory, 2.5). A `capacity` below the number of servers counts as that number.
/// Takes time proportional to `capacity`.
#[must_use]
pub fn mmck(station: &Station, capacity: u32) -> Loss {
    let offered = station.offered();
    let waiting_room = capacity.saturating_sub(station.servers);
    let rho = station.utilisation();
    // The probabilities of `servers` + j busy and waiting are geometric in j. All are taken relative to the greatest of them, so that
    // neither light nor heavy load overflows; `empty` is the chance of fewer than `servers`, in the same measure.
    let lost = erlang_b(station.servers, offered);
    let (mut total, mut queue, mut last) = (0.0, 0.0, 1.0);
    if rho <= 1.0 {
        for waiting in 0..=waiting_room {
            total += last;
            queue += last * f64::from(waiting);
            last *= if waiting < waiting_room { rho } else { 1.0 };
        }
        // Erlang B is the share of state `servers` among the states up to it. Without load nobody is ever turned away.
        total += if lost > 0.0 { (1.0 - lost) / lost } else { f64::INFINITY };
    } else {
        let mut term = 1.0;
        for waiting in (0..=waiting_room).rev() {
            total += term;
            queue += term * f64::from(waiting);
            term /= if waiting > 0 { rho } else { 1.0 };
        }
        total += term * (1.0 - lost) / lost;
    }
    let blocking = last / total;
    let mean_in_queue = queue / total;
    let admitted = station.arrival_rate * (1.0 - blocking);
    let mean_wait = if admitted > 0.0 { mean_in_queue / admitted } else { 0.0 };
    Loss { blocking, mean_in_queue, mean_wait, utilisation: rho * (1.0 - blocking) }
}

/// M/G/1: one server, service times of squared coefficient of variation `scv`. Exact (Pollaczek 1930, Khinchine 1932; Kleinrock 1975,
/// 5.6).
///
/// # Errors
/// [`Unstable`] at a utilisation of 1 or more.
pub fn mg1(arrival_rate: f64, mean_service: f64, scv: f64) -> Result<Waiting, Unstable> {
    let rho = Station { arrival_rate, mean_service, servers: 1 }.stable_utilisation()?;
    Ok(Waiting { probability: rho, mean: 0.5 * (1.0 + scv) * mean_service * rho / (1.0 - rho) })
}

/// M/D/1: one server, constant service times. Exact.
///
/// # Errors
/// [`Unstable`] at a utilisation of 1 or more.
pub fn md1(arrival_rate: f64, mean_service: f64) -> Result<Waiting, Unstable> {
    mg1(arrival_rate, mean_service, 0.0)
}

/// M/D/c: constant service times. Approximation of Cosmetatos 1976 (Operational Research Quarterly 27; Tijms 2003, 9.6): against the
/// exact chain the mean is within 3 % for up to 16 servers and within 7 % for 50, at utilisations from 0.3 and 0.5 up; exact for one
/// server. The share that waits is that of M/M/c, up to a tenth too high.
///
/// # Errors
/// [`Unstable`] at a utilisation of 1 or more.
pub fn mdc(station: &Station) -> Result<Waiting, Unstable> {
    let markov = mmc(station)?;
    let (rho, c) = (station.utilisation(), f64::from(station.servers));
    if rho <= 0.0 {
        return Ok(markov);
    }
    let correction = (1.0 - rho) * (c - 1.0) * ((4.0 + 5.0 * c).sqrt() - 2.0) / (16.0 * rho * c);
    // Constant service never waits longer than exponential service; the correction would say so at very light load.
    Ok(Waiting { mean: 0.5 * markov.mean * (1.0 + correction).min(2.0), ..markov })
}

/// M/G/c: service times of squared coefficient of variation `scv`. Up to 1, interpolated between [`mdc`] and [`mmc`] (Tijms 2003, 9.6,
/// who finds a few per cent of error at most); above 1, the wait of M/M/c times (1 + scv) / 2 (Lee and Longton 1959, Operational Research
/// Quarterly 10), fair up to about 2. Exact for one server and for exponential service. No form of two moments is right for very
/// variable service: far above 1 it may be off by more than half (Gupta et al. 2010, Queueing Systems 64).
///
/// # Errors
/// [`Unstable`] at a utilisation of 1 or more.
pub fn mgc(station: &Station, scv: f64) -> Result<Waiting, Unstable> {
    let markov = mmc(station)?;
    if scv >= 1.0 {
        return ggc(station, 1.0, scv);
    }
    Ok(Waiting { mean: scv * markov.mean + (1.0 - scv) * mdc(station)?.mean, ..markov })
}

/// G/G/c: arrivals and service times of the given squared coefficients of variation. Approximation of Allen and Cunneen (Allen 1990,
/// Probability, Statistics and Queueing Theory, 5.3.5): the wait of M/M/c times the mean of the two. Good near
/// saturation; at light load too short for `service_scv` below 1 (with constant service by 4 % for 16 servers at a utilisation of 0.9, by
/// 30 % for 50 at 0.7: for Poisson arrivals use [`mgc`]), and too long for arrivals smoother than Poisson.
///
/// # Errors
/// [`Unstable`] at a utilisation of 1 or more.
pub fn ggc(station: &Station, arrival_scv: f64, service_scv: f64) -> Result<Waiting, Unstable> {
    let markov = mmc(station)?;
    Ok(Waiting { mean: 0.5 * (arrival_scv + service_scv) * markov.mean, ..markov })
}
