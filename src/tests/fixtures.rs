//! Examples from Microsoft's documentation. They are not part of the project: they are read from where they stand.

use serde_json::Value;
use std::path::PathBuf;

/// One published body.
pub struct Example {
    /// The name of its file.
    pub name: String,
    /// Its JSON.
    pub json: Value,
}

/// The Graph examples whose file names begin with one of `prefixes`, or `None` where the examples are absent.
pub fn graph_examples(prefixes: &[&str]) -> Option<Vec<Example>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/fixtures/graph");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!(
            "skipped: no examples from Microsoft's documentation in {}",
            folder.display()
        );
        return None;
    };
    let mut examples: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.to_owned();
            let wanted = name.ends_with(".json") && prefixes.iter().any(|prefix| name.starts_with(prefix));
            let json = wanted.then(|| serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap())?;
            Some(Example { name, json })
        })
        .collect();
    examples.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!examples.is_empty(), "no example begins with any of {prefixes:?}");
    Some(examples)
}
