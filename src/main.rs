//! Parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    keyfleet::cli::main().into()
}
