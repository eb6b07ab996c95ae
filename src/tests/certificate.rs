//! Certificates made for a test while it runs, so that no key lies in the repository.

use super::said;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, date_time_ymd};
use rsa::{
    RsaPrivateKey,
    pkcs1::{EncodeRsaPrivateKey as _, EncodeRsaPublicKey as _},
    pkcs8::EncodePrivateKey as _,
};

/// A key, in every form that a test needs.
pub struct Key {
    pub pkcs1: Vec<u8>,
    pub pkcs8: Vec<u8>,
    /// The public half, PKCS#1.
    pub public: Vec<u8>,
}

/// A new RSA key.
pub fn rsa_key() -> Key {
    rsa_key_of(2048)
}

/// A new RSA key of so many bits.
pub fn rsa_key_of(bits: usize) -> Key {
    let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, bits).unwrap();
    let pkcs8 = key.to_pkcs8_der().unwrap().as_bytes().to_vec();
    said::never_key(&pkcs8);
    Key {
        pkcs1: key.to_pkcs1_der().unwrap().as_bytes().to_vec(),
        pkcs8,
        public: key.to_public_key().to_pkcs1_der().unwrap().as_bytes().to_vec(),
    }
}

/// A certificate for a key, valid between the beginnings of two years; DER.
pub fn certificate(key: &Key, from: i32, until: i32) -> Vec<u8> {
    let pair = KeyPair::from_pkcs8_der_and_sign_algo(&key.pkcs8.as_slice().into(), &PKCS_RSA_SHA256).unwrap();
    signed(&pair, from, until)
}

/// A certificate that signs itself.
pub fn signed(pair: &KeyPair, from: i32, until: i32) -> Vec<u8> {
    let mut params = CertificateParams::new(vec!["entrain-test.invalid".to_owned()]).unwrap();
    params.not_before = date_time_ymd(from, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    params.self_signed(pair).unwrap().der().to_vec()
}

/// One block of PEM.
pub fn block(tag: &str, der: &[u8]) -> String {
    pem::encode(&pem::Pem::new(tag, der))
}

/// Key and certificate of a good file.
pub fn pem() -> String {
    let key = rsa_key();
    block("PRIVATE KEY", &key.pkcs8) + &block("CERTIFICATE", &certificate(&key, 2020, 2100))
}
