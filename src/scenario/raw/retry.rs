//! Retries by the name of those who do them: what SDKs and providers' guidance have, as presets of the table.

use super::{Either, Nothing, RawRetry, Word};
use crate::kms::Badge;
use crate::time::Span;
use crate::units::{Duration, Percent};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Retries that have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RawPreset {
    /// The AWS SDKs in standard mode: three attempts, full jitter below 1 s and 2 s; its retry quota comes to a fifth of the first attempts.
    AwsSdk,
    /// The guidance for Azure Key Vault: wait 1, 2, 4, 8 and 16 s, and then give up.
    AzureKv,
    /// AWS KMS at an external key store: 250 ms for an answer, and one more attempt at once.
    AwsXks,
    /// One attempt.
    Never,
}

/// How pauses are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawJitter {
    /// Evenly between zero and the longest.
    Full,
    /// Always the longest.
    None,
}

/// The retries of a preset, and where they stand.
struct Known {
    /// Attempts, how long each is waited for, first and longest pause, all in milliseconds.
    figures: (u32, Option<u64>, u64, u64),
    jitter: RawJitter,
    budget: Option<f64>,
    badge: Badge,
    source: &'static str,
}

impl RawPreset {
    const fn known(self) -> Known {
        match self {
            Self::AwsSdk => Known {
                figures: (3, None, 1_000, 20_000),
                jitter: RawJitter::Full,
                // A retry takes 5 of 500 tokens, a request that succeeds at once gives 1 back.
                budget: Some(0.2),
                badge: Badge::Published,
                source: "docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html; pauses: standard mode in boto3's guide, retries",
            },
            Self::AzureKv => Known {
                figures: (6, None, 1_000, 16_000),
                jitter: RawJitter::None,
                budget: None,
                badge: Badge::Published,
                source: "github.com/MicrosoftDocs/azure-security-docs articles/key-vault/general/overview-throttling.md",
            },
            Self::AwsXks => Known {
                figures: (2, Some(250), 0, 0),
                jitter: RawJitter::None,
                budget: None,
                badge: Badge::Published,
                source: "github.com/aws/aws-kms-xksproxy-api-spec xks_proxy_api_spec.md",
            },
            Self::Never => Known {
                figures: (1, None, 0, 0),
                jitter: RawJitter::Full,
                budget: None,
                badge: Badge::Assumed,
                source: "callers that give up at once",
            },
        }
    }

    /// How far its figures are to be believed, and where they stand.
    #[must_use]
    pub const fn evidence(self) -> (Badge, &'static str) {
        let known = self.known();
        (known.badge, known.source)
    }

    /// As a table.
    fn table(self) -> RawRetry {
        let known = self.known();
        let (attempts, patience, backoff, longest) = known.figures;
        let span = |millis: u64| Some(Duration(Span::from_millis(millis)));
        RawRetry {
            like: Some(self),
            attempts: Some(attempts),
            attempt_timeout: patience.and_then(span),
            backoff: span(backoff),
            backoff_max: span(longest),
            jitter: Some(known.jitter),
            budget: Some(match known.budget {
                Some(share) => Word::Else(Percent::new(share)),
                None => Word::Is(Nothing::None),
            }),
        }
    }
}

impl RawRetry {
    /// With all that the preset says, which its own keys win over.
    #[must_use]
    pub fn with_preset(self) -> Self {
        let preset = self.like.map(RawPreset::table).unwrap_or_default();
        self.over(preset)
    }

    /// Each key, or else that of `other`.
    #[must_use]
    pub fn over(self, other: Self) -> Self {
        Self {
            like: self.like.or(other.like),
            attempts: self.attempts.or(other.attempts),
            attempt_timeout: self.attempt_timeout.or(other.attempt_timeout),
            backoff: self.backoff.or(other.backoff),
            backoff_max: self.backoff_max.or(other.backoff_max),
            jitter: self.jitter.or(other.jitter),
            budget: self.budget.or(other.budget),
        }
    }
}

impl Either<RawPreset, RawRetry> {
    /// All that it says, presets as tables.
    #[must_use]
    pub fn table(self) -> RawRetry {
        match self {
            Self::Short(preset) => preset.table(),
            Self::Long(table) => table.with_preset(),
        }
    }
}
