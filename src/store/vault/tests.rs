use super::*;
use proptest::prelude::*;

fn key(byte: u8) -> MasterKey {
    MasterKey::new(&vec![byte; KEY_BYTES].into()).unwrap()
}

fn vault(byte: u8) -> Vault {
    Vault::new(key(byte), vec![])
}

const ABOUT: &str = "portal/5f0e8c7e-0000-4000-8000-000000000001/secret";

#[test]
fn a_key_of_another_length_is_refused() {
    for length in [0, 16, 31, 33, 64] {
        let made = MasterKey::new(&vec![7; length].into());
        assert_eq!(made.err(), Some(VaultError::KeyLength(length)));
    }
}

#[test]
fn generated_keys_differ_and_their_names_are_steady() {
    let (one, other) = (MasterKey::generate().unwrap(), MasterKey::generate().unwrap());
    assert_ne!(one.id(), other.id());
    assert_eq!(one.id(), one.clone().id());
    // Written down: another way to name keys would leave every secret of an installation without its key.
    assert_eq!(key(7).id(), "3f43de753b0f4a29");
    assert_eq!(key(7).id().len(), 16);
}

#[test]
fn the_same_secret_is_never_sealed_to_the_same_bytes() {
    let vault = vault(7);
    let (one, other) = (vault.seal(b"hush", ABOUT).unwrap(), vault.seal(b"hush", ABOUT).unwrap());
    assert_ne!(one.bytes, other.bytes);
    assert_ne!(one.bytes[..NONCE_BYTES], other.bytes[..NONCE_BYTES]);
}

#[test]
fn what_another_key_has_sealed_names_that_key() {
    let sealed = vault(7).seal(b"hush", ABOUT).unwrap();
    let refused = vault(8).open(&sealed, ABOUT).unwrap_err();
    assert_eq!(
        refused,
        VaultError::UnknownKey {
            about: ABOUT.into(),
            key_id: key(7).id()
        }
    );
    // Nor does it open when the row says that it was ours.
    let forged = Sealed {
        key_id: key(8).id(),
        ..sealed
    };
    assert!(matches!(vault(8).open(&forged, ABOUT), Err(VaultError::Damaged { .. })));
}

#[test]
fn an_older_key_opens_and_the_current_one_seals() {
    let sealed = vault(7).seal(b"hush", ABOUT).unwrap();
    let both = Vault::new(key(8), vec![key(6), key(7)]);
    assert_eq!(both.open(&sealed, ABOUT).unwrap().expose_secret(), b"hush");
    assert_eq!(both.seal(b"hush", ABOUT).unwrap().key_id, key(8).id());
    assert!(both.knows(&key(6).id()) && !both.knows(&key(5).id()));
}

#[test]
fn neither_key_nor_secret_is_ever_printed() {
    let (secret, vault) = (b"correct horse battery staple", vault(0x6b));
    let sealed = vault.seal(secret, ABOUT).unwrap();
    let opened = vault.open(&sealed, ABOUT).unwrap();
    let refused = vault.open(&sealed, "elsewhere").unwrap_err();
    let printed = format!("{vault:?} {sealed:?} {opened:?} {refused:?} {refused} {:?}", key(0x6b));
    // The key as text, as numbers and in hex; the secret as text and as numbers.
    for hidden in ["kkkk", "107, 107", "6b6b", "horse", "104, 111, 114"] {
        assert!(!printed.contains(hidden), "{hidden} in {printed}");
    }
}

proptest! {
    #[test]
    fn what_is_sealed_opens_again(secret: Vec<u8>, about: String) {
        let vault = vault(7);
        let sealed = vault.seal(&secret, &about).unwrap();
        prop_assert_eq!(sealed.bytes.len(), NONCE_BYTES + secret.len() + TAG_BYTES);
        let opened = vault.open(&sealed, &about).unwrap();
        prop_assert_eq!(opened.expose_secret(), &secret[..]);
    }

    #[test]
    fn it_opens_about_nothing_else(secret: Vec<u8>, about: String, other: String) {
        prop_assume!(about != other);
        let vault = vault(7);
        let sealed = vault.seal(&secret, &about).unwrap();
        let refused = vault.open(&sealed, &other).unwrap_err();
        prop_assert_eq!(refused, VaultError::Damaged { about: other });
    }

    #[test]
    fn a_single_flipped_bit_is_noticed(secret: Vec<u8>, at: prop::sample::Index, bit in 0..8_u8) {
        let vault = vault(7);
        let mut sealed = vault.seal(&secret, ABOUT).unwrap();
        let at = at.index(sealed.bytes.len());
        sealed.bytes[at] ^= 1_u8 << bit;
        let refused = vault.open(&sealed, ABOUT).unwrap_err();
        prop_assert_eq!(refused, VaultError::Damaged { about: ABOUT.into() });
    }

    #[test]
    fn what_was_cut_or_lengthened_is_noticed(secret: Vec<u8>, keep: prop::sample::Index, more in 1..40_usize) {
        let vault = vault(7);
        let sealed = vault.seal(&secret, ABOUT).unwrap();
        let cut = sealed.bytes[..keep.index(sealed.bytes.len())].to_vec();
        let longer = [&sealed.bytes[..], &vec![0; more]].concat();
        for bytes in [cut, longer] {
            let refused = vault.open(&Sealed { bytes, ..sealed.clone() }, ABOUT).unwrap_err();
            prop_assert_eq!(refused, VaultError::Damaged { about: ABOUT.into() });
        }
    }

    #[test]
    fn any_bytes_at_all_are_refused_and_nothing_panics(bytes: Vec<u8>) {
        let sealed = Sealed { key_id: key(7).id(), bytes };
        prop_assert!(vault(7).open(&sealed, ABOUT).is_err());
    }
}
