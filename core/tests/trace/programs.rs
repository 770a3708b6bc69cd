//! Running the programs, and reading what they have recorded.

use crate::support::alone::this_program;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

/// A new folder, which is removed at the end.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("polysock-trace-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        Self(folder)
    }

    /// What was recorded, a file after the other; the empty lines at the end belong to no record.
    pub fn files(&self) -> Vec<Vec<String>> {
        let mut paths: Vec<_> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        let lines = |path: &PathBuf| -> Vec<String> {
            let text = fs::read_to_string(path).unwrap();
            text.lines()
                .filter(|line| !line.is_empty())
                .map(str::to_owned)
                .collect()
        };
        paths.iter().map(lines).collect()
    }

    /// The records of the only file.
    pub fn records(&self) -> Vec<String> {
        let mut files = self.files();
        assert_eq!(files.len(), 1, "{files:?}");
        files.remove(0)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn start(program: &str, folder: &Path) -> Child {
    this_program()
        .args(["--exact", program, "--ignored", "--nocapture", "--test-threads=1"])
        .env("POLYSOCK_TRACE", folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Runs a program to its end.
pub fn run(program: &str) -> Folder {
    let folder = Folder::new(program);
    let done = start(program, &folder.0).wait_with_output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
    assert!(String::from_utf8_lossy(&done.stdout).contains("1 passed"));
    folder
}

/// The records that contain all of these words.
pub fn with<'r>(records: &'r [String], words: &[&str]) -> Vec<&'r str> {
    let has_all = |record: &&String| words.iter().all(|word| record.contains(word));
    records.iter().filter(has_all).map(String::as_str).collect()
}

pub fn one<'r>(records: &'r [String], words: &[&str]) -> &'r str {
    let found = with(records, words);
    assert_eq!(found.len(), 1, "{words:?}: {found:?}");
    found[0]
}

/// A number in a record.
pub fn number(record: &str, name: &str) -> u64 {
    let (_, rest) = record
        .split_once(&format!("\"{name}\":"))
        .unwrap_or_else(|| panic!("no {name} in {record}"));
    rest.split(|c: char| !c.is_ascii_digit())
        .next()
        .unwrap()
        .parse()
        .unwrap()
}
