//! Which Tenant a Microsoft tenant probably belongs to: by equal domain, then by similar name.

use crate::model::{
    partner::Candidate,
    tenant::{MappingSuggestion, TenantRef},
};

/// The candidates, the likeliest first, each with what speaks for it; nothing speaks for the last ones. `domains` are
/// those of the Microsoft tenant, its default one first.
pub fn ranked(name: &str, domains: &[&str], candidates: &[Candidate]) -> Vec<MappingSuggestion> {
    let mut ranked: Vec<_> = candidates
        .iter()
        .map(|candidate| {
            let (rank, why) = reason(name, domains, candidate);
            let tenant = TenantRef {
                id: candidate.id,
                name: candidate.name.clone(),
            };
            (rank, MappingSuggestion { tenant, why })
        })
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, suggestion)| suggestion).collect()
}

/// The likeliest candidate, if anything speaks for it.
pub fn likeliest(name: &str, domains: &[&str], candidates: &[Candidate]) -> Option<MappingSuggestion> {
    ranked(name, domains, candidates)
        .into_iter()
        .next()
        .filter(|suggestion| !suggestion.why.is_empty())
}

fn reason(name: &str, domains: &[&str], candidate: &Candidate) -> (u8, String) {
    let shared = domains
        .iter()
        .find(|domain| !domain.is_empty() && candidate.domains.iter().any(|own| own.eq_ignore_ascii_case(domain)));
    if let Some(domain) = shared {
        (0, format!("has people with addresses at {domain}"))
    } else if candidate.name.trim().to_lowercase() == name.trim().to_lowercase() {
        (1, "has the same name".to_owned())
    } else if similar(&candidate.name, name) {
        (2, "has a similar name".to_owned())
    } else {
        (3, String::new())
    }
}

/// Two names share their first telling word: legal forms and articles tell nothing.
fn similar(a: &str, b: &str) -> bool {
    let words = |name: &str| -> Vec<String> {
        name.split(|c: char| !c.is_alphanumeric())
            .map(str::to_lowercase)
            .filter(|word| word.chars().count() > 2)
            .filter(|word| {
                !matches!(
                    word.as_str(),
                    "the" | "ltd" | "inc" | "llc" | "gmbh" | "corp" | "company" | "group"
                )
            })
            .collect()
    };
    let (a, b) = (words(a), words(b));
    !a.is_empty() && a.first() == b.first()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::TenantId;
    use uuid::Uuid;

    fn candidate(id: u128, name: &str, domains: &[&str]) -> Candidate {
        Candidate {
            id: TenantId(Uuid::from_u128(id)),
            name: name.to_owned(),
            domains: domains.iter().map(|domain| (*domain).to_owned()).collect(),
        }
    }

    #[test]
    fn names_are_similar_by_their_first_telling_word() {
        assert!(similar("Northwind Dental", "northwind dental GmbH"));
        assert!(similar("The Fabrikam Company", "Fabrikam, Inc."));
        assert!(!similar("Contoso", "Fabrikam"));
        assert!(!similar("", ""));
    }

    #[test]
    fn an_equal_domain_comes_before_an_equal_name_and_that_before_a_similar_one() {
        let candidates = [
            candidate(1, "Fabrikam Legal", &[]),
            candidate(2, "fabrikam", &["other.example"]),
            candidate(3, "Somebody Else", &["Fabrikam.example"]),
            candidate(4, "Contoso", &[]),
        ];
        let found = ranked("Fabrikam", &["fabrikam.example"], &candidates);
        let order: Vec<_> = found.iter().map(|one| one.tenant.id.0.as_u128()).collect();
        assert_eq!(order, [3, 2, 1, 4]);
        assert_eq!(found[0].why, "has people with addresses at fabrikam.example");
        assert_eq!(found[3].why, "");
    }

    #[test]
    fn nothing_is_likely_where_nothing_speaks_for_it() {
        assert_eq!(likeliest("Fabrikam", &[""], &[candidate(1, "Contoso", &[""])]), None);
    }
}
