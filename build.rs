//! Tells the program which commit it was built from, where that can be read.

use std::fs;
use std::path::Path;

fn main() {
    // A file that is not there would count as changed each time: there is none in an archive or a work tree elsewhere.
    let watch = |path: &str| Path::new(path).exists().then(|| println!("cargo::rerun-if-changed={path}"));
    watch("build.rs");
    watch(".git/HEAD");
    let head = fs::read_to_string(".git/HEAD").unwrap_or_default();
    let head = head.trim();
    let commit = match head.strip_prefix("ref: ") {
        None => head.to_owned(),
        Some(name) => {
            watch(&format!(".git/{name}"));
            fs::read_to_string(format!(".git/{name}")).unwrap_or_default().trim().to_owned()
        }
    };
    println!("cargo::rustc-env=KEYFLEET_COMMIT={commit}");
}
