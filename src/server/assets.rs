//! The browser bundle: file names with a hash of their content, so that they may be cached for ever.

use serde::Deserialize;
use std::path::Path;

/// The names of the bundle's files, as the build wrote them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Assets {
    /// The script that loads the program.
    pub js: String,
    /// The program.
    pub wasm: String,
    /// The style sheet.
    pub css: String,
}

/// The bundle is missing or broken.
#[derive(Debug, thiserror::Error)]
#[error("the browser bundle is not in {folder} ({problem}); run `make build`, or set ENTRAIN_SITE_DIR")]
pub struct AssetsError {
    folder: String,
    problem: String,
}

impl Assets {
    /// Reads `assets.json` of the site folder.
    pub fn load(site_dir: &Path) -> Result<Self, AssetsError> {
        let error = |problem: String| AssetsError {
            folder: site_dir.display().to_string(),
            problem,
        };
        let text = std::fs::read_to_string(site_dir.join("assets.json")).map_err(|e| error(e.to_string()))?;
        serde_json::from_str(&text).map_err(|e| error(e.to_string()))
    }
}
