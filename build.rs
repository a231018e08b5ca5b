//! Tells the program which commit it was built from, where that can be read.

use std::fs;

fn main() {
    println!("cargo::rerun-if-changed=.git/HEAD");
    let head = fs::read_to_string(".git/HEAD").unwrap_or_default();
    let head = head.trim();
    let commit = match head.strip_prefix("ref: ") {
        None => head.to_owned(),
        Some(name) => {
            println!("cargo::rerun-if-changed=.git/{name}");
            fs::read_to_string(format!(".git/{name}")).unwrap_or_default().trim().to_owned()
        }
    };
    println!("cargo::rustc-env=KEYFLEET_COMMIT={commit}");
}
