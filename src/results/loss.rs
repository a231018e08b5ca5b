//! What a loss is called: from the path in the id of a survive case, or of a survey's, to words.

/// `region in`, `site in.a`, `a device of in.a`, and what else a survey may lose by its path with blanks for dots; with the planned work
/// that it meets.
pub(super) fn words(id: &str) -> String {
    let (path, during) = id.split_once(" during ").map_or((id, None), |(path, during)| (path, Some(during)));
    let words = match path.split('.').collect::<Vec<_>>()[..] {
        ["region", region] => format!("region {region}"),
        ["region", region, "site", site] => format!("site {region}.{site}"),
        ["region", region, "site", site, "device", _] => format!("a device of {region}.{site}"),
        _ => path.replacen('.', " ", 1),
    };
    match during {
        Some(work) => format!("{words} during {}", work.trim_start_matches("work.")),
        None => words,
    }
}

/// It is down: `region in down`, `a device of in.a down during firmware`.
pub(super) fn down(id: &str) -> String {
    let words = words(id);
    match words.split_once(" during ") {
        Some((what, work)) => format!("{what} down during {work}"),
        None => format!("{words} down"),
    }
}

/// What kind of thing is lost: the group in which it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// One device.
    Device,
    /// A site.
    Site,
    /// A region.
    Region,
    /// Any of these while planned work is under way.
    DuringWork,
    /// What only a survey loses: links, stores, groups with a common cause.
    Other,
}

impl Kind {
    /// Of a case.
    pub(super) fn of(id: &str) -> Self {
        match id.split('.').collect::<Vec<_>>()[..] {
            _ if id.contains(" during ") => Self::DuringWork,
            ["region", _] => Self::Region,
            ["region", _, "site", _] => Self::Site,
            ["region", _, "site", _, "device", _] => Self::Device,
            _ => Self::Other,
        }
    }

    /// One of it.
    pub(super) const fn noun(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Site => "site",
            Self::Region => "region",
            Self::DuringWork => "loss during planned work",
            Self::Other => "other component or group",
        }
    }

    /// One of them, without what its noun says.
    pub(super) fn short(self, id: &str) -> String {
        let all = words(id);
        match self {
            Self::Device => all.trim_start_matches("a device of ").to_owned(),
            Self::Site => all.trim_start_matches("site ").to_owned(),
            Self::Region => all.trim_start_matches("region ").to_owned(),
            Self::DuringWork | Self::Other => all,
        }
    }
}
