//! `entrain admin rotate-key`: seals everything that is stored in confidence under a new master key.

use super::{CommandError, open};
use crate::{
    engine::Engine,
    server::{
        master_key::{self, KeyFile},
        settings::Settings,
    },
    store::{
        self,
        sealed::{Resealed, reseal},
        vault::{MasterKey, Vault},
    },
};
use std::process::ExitCode;

/// Seals everything anew. Nothing is lost when it is cut off: it is called again.
pub(super) async fn run() -> Result<ExitCode, CommandError> {
    let settings = Settings::load()?;
    if settings.master_key.is_some() && settings.master_key_old.is_none() {
        return Err(CommandError::Usage(
            "ENTRAIN_MASTER_KEY_OLD: is not set; set ENTRAIN_MASTER_KEY to the new key and ENTRAIN_MASTER_KEY_OLD to \
             the one in use until now"
                .into(),
        ));
    }
    // A missing key is said before a database is looked for.
    if settings.master_key.is_some() || settings.database_url.is_some() {
        master_key::vault(&settings)?;
    }
    let (database, engine) = open(&settings).await?;
    let result = rotate(&engine, &settings).await;
    database.close().await;
    println!("{}", result?);
    Ok(ExitCode::SUCCESS)
}

async fn rotate(engine: &Engine, settings: &Settings) -> Result<String, CommandError> {
    store::migrate::migrate(&engine.pool).await?;
    if settings.master_key.is_some() {
        let vault = master_key::vault(settings)?;
        let done = reseal(&engine.pool, &vault).await?;
        alone(engine, &vault).await?;
        let next = "Take ENTRAIN_MASTER_KEY_OLD away once every process runs with the new key.";
        return Ok(words(&done, &vault.key_id(), next));
    }
    let file = KeyFile::of(settings);
    let done = rotate_file(engine, &file).await?;
    Ok(done)
}

/// The file holds both keys until everything is sealed under the new one, so that a start after a crash opens all of it;
/// a file with several keys is that of a rotation which was cut off, and is gone on with.
async fn rotate_file(engine: &Engine, file: &KeyFile) -> Result<String, CommandError> {
    let mut keys = file.read()?;
    if keys.len() < 2 {
        keys.insert(0, MasterKey::generate().map_err(master_key::MasterKeyError::from)?);
        file.write(&keys)?;
    }
    let new = keys.remove(0);
    let vault = Vault::new(new.clone(), keys);
    let done = reseal(&engine.pool, &vault).await?;
    alone(engine, &vault).await?;
    file.write(&[new])?;
    let next = format!("The new key is in {}.", file.path().display());
    Ok(words(&done, &vault.key_id(), &next))
}

/// Whether the new key alone opens everything, so that the old one may go. A process that has only the old one may have
/// sealed something with it since.
async fn alone(engine: &Engine, vault: &Vault) -> Result<(), CommandError> {
    let new = vault.key_id();
    let others: i64 = store::sealed::keys(&engine.pool)
        .await?
        .into_iter()
        .filter(|(_, key, _)| *key != new)
        .map(|(.., number)| number)
        .sum();
    if others == 0 {
        return Ok(());
    }
    Err(CommandError::Failed(format!(
        "{others} of the stored secrets were sealed under another key than {new} meanwhile; keep the old key, start \
         every process with both keys, and run this command again"
    )))
}

fn words(done: &Resealed, key_id: &str, next: &str) -> String {
    let secrets = |number: u64| format!("{number} secret{}", if number == 1 { "" } else { "s" });
    let already = match done.already {
        0 => String::new(),
        number => format!(", {} were under it already", secrets(number)),
    };
    format!(
        "{} sealed under the new key {key_id}{already}. {next}",
        secrets(done.anew)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{audit::Actor, credential::CredentialKind, ids::PortalId},
        server::embed::portals,
        store::{
            app_credential::{self, New, about},
            portal::Portal,
        },
    };
    use secrecy::ExposeSecret as _;
    use sqlx::PgPool;
    use uuid::Uuid;

    async fn keep(engine: &Engine, vault: &Vault) {
        let id = Uuid::now_v7();
        let sealed = vault
            .seal(b"hush", &about(id, CredentialKind::Secret, "client"))
            .unwrap();
        let new = New {
            id,
            client_id: "client",
            kind: CredentialKind::Secret,
            sealed: &sealed,
            thumbprint: "",
            ends: None,
            tried: false,
        };
        app_credential::add(&engine.pool, &Actor::command("entrain test"), &new)
            .await
            .unwrap();
    }

    #[sqlx::test(migrations = false)]
    async fn a_portals_secret_opens_with_the_new_key_alone(pool: PgPool) {
        store::migrate::migrate(&pool).await.unwrap();
        let engine = Engine::new(pool, None);
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().display().to_string();
        let settings = Settings::read(&|name| (name == "ENTRAIN_DATA_DIR").then(|| data.clone()), None).unwrap();
        let first = master_key::vault(&settings).unwrap();
        let id = PortalId(Uuid::now_v7());
        let portal = Portal {
            id,
            name: "Desk".into(),
            origins: vec!["https://desk.example".into()],
            secret: first.seal(b"hush", &portals::about(id)).unwrap(),
        };
        store::portal::register(&engine.pool, &Actor::command("entrain test"), &portal)
            .await
            .unwrap();
        rotate_file(&engine, &KeyFile::of(&settings)).await.unwrap();
        let second = master_key::vault(&settings).unwrap();
        assert!(!second.knows(&first.key_id()), "the old key is still there");
        let kept = store::portal::get(&engine.pool, id).await.unwrap().unwrap();
        let opened = second.open(&kept.secret, &portals::about(id)).unwrap();
        assert_eq!(opened.expose_secret(), b"hush");
    }

    #[sqlx::test(migrations = false)]
    async fn the_old_key_may_not_go_while_anything_is_sealed_under_it(pool: PgPool) {
        store::migrate::migrate(&pool).await.unwrap();
        let engine = Engine::new(pool, None);
        let keys = [MasterKey::generate().unwrap(), MasterKey::generate().unwrap()];
        let old = Vault::new(keys[1].clone(), vec![]);
        let both = Vault::new(keys[0].clone(), vec![keys[1].clone()]);
        alone(&engine, &both).await.unwrap();
        // As a process that has not been started anew would.
        keep(&engine, &old).await;
        let error = alone(&engine, &both).await.unwrap_err().to_string();
        assert!(error.starts_with("1 of the stored secrets"), "{error}");
        reseal(&engine.pool, &both).await.unwrap();
        alone(&engine, &both).await.unwrap();
    }

    #[sqlx::test(migrations = false)]
    async fn the_generated_key_is_replaced_and_a_rotation_that_was_cut_off_goes_on_with_the_same_new_key(pool: PgPool) {
        store::migrate::migrate(&pool).await.unwrap();
        let engine = Engine::new(pool, None);
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().display().to_string();
        let settings = Settings::read(&|name| (name == "ENTRAIN_DATA_DIR").then(|| data.clone()), None).unwrap();
        let (first, file) = (master_key::vault(&settings).unwrap(), KeyFile::of(&settings));
        keep(&engine, &first).await;
        rotate_file(&engine, &file).await.unwrap();
        let second = master_key::vault(&settings).unwrap();
        assert!(!second.knows(&first.key_id()), "the old key is still there");
        store::sealed::check(&engine.pool, &second).await.unwrap();

        // As a crash after the file was written leaves it: what was not sealed anew still opens.
        let third = MasterKey::generate().unwrap();
        let old = file.read().unwrap().remove(0);
        file.write(&[third.clone(), old]).unwrap();
        store::sealed::check(&engine.pool, &master_key::vault(&settings).unwrap())
            .await
            .unwrap();
        rotate_file(&engine, &file).await.unwrap();
        let keys = file.read().unwrap();
        assert_eq!((keys.len(), keys[0].id()), (1, third.id()));
        store::sealed::check(&engine.pool, &master_key::vault(&settings).unwrap())
            .await
            .unwrap();
    }
}
