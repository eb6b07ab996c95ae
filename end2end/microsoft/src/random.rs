//! Deterministic chance: the same seed gives the same directory on every machine and in every version of the
//! toolchain, which is why no crate's generator is borrowed. It must never be used for tokens.

use uuid::{Builder, Uuid};

/// The namespace of every id that is derived from text.
const NAMESPACE: Uuid = Uuid::from_u128(0x7c3b_9d0e_51f2_4b68_9a44_e2d1_0f6c_8a57);

/// An id derived from text: the same text gives the same id.
pub fn id_of(text: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, text.as_bytes())
}

/// SplitMix64: small, fast, and written down once and for all.
#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
}

impl Random {
    /// A stream of its own for each (seed, purpose).
    pub fn new(seed: u64, purpose: &str) -> Self {
        let (high, low) = id_of(&format!("{seed}/{purpose}")).as_u64_pair();
        Self {
            state: high ^ low.rotate_left(17),
        }
    }

    /// A stream that begins at a state, for what is no seed's business.
    pub fn from_state(state: u64) -> Self {
        Self { state }
    }

    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 when there is nothing to choose from.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % bound).unwrap_or(0)
    }

    /// True in `percent` of a hundred cases.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// A random id of version 4, the kind that Microsoft gives to objects.
    pub fn id(&mut self) -> Uuid {
        let (a, b) = (self.next().to_le_bytes(), self.next().to_le_bytes());
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&a);
        bytes[8..].copy_from_slice(&b);
        Builder::from_random_bytes(bytes).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_purpose_give_the_same_stream_and_others_do_not() {
        let stream = |seed, purpose| {
            let mut random = Random::new(seed, purpose);
            (0..8).map(|_| random.next()).collect::<Vec<_>>()
        };
        assert_eq!(stream(1, "contoso"), stream(1, "contoso"));
        assert_ne!(stream(1, "contoso"), stream(2, "contoso"));
        assert_ne!(stream(1, "contoso"), stream(1, "fabrikam"));
    }

    #[test]
    fn ids_are_of_version_four() {
        assert_eq!(Random::new(1, "x").id().get_version_num(), 4);
    }
}
