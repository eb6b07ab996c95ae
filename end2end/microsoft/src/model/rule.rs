//! Membership rules of dynamic groups (graph.md §3), as far as a directory of ours uses them: clauses
//! `user.property -eq "text"` joined by `-and`. A rule outside that is honestly not understood, and the group's
//! members stay as they are.

use serde_json::Value;

use super::entity::Entity;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Equal,
    NotEqual,
    StartsWith,
    Contains,
}

#[derive(Debug, Clone, PartialEq)]
struct Clause {
    property: String,
    test: Test,
    wanted: Value,
}

/// A rule that was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    clauses: Vec<Clause>,
}

impl Rule {
    /// The rule in a text, if it is one that this module understands.
    pub fn parse(text: &str) -> Option<Self> {
        let clauses = text.split(" -and ").map(clause).collect::<Option<Vec<_>>>()?;
        Some(Self { clauses })
    }

    /// Whether the rule takes this user in. Text compares without letter case, as Entra compares it.
    pub fn takes(&self, user: &Entity) -> bool {
        self.clauses
            .iter()
            .all(|clause| holds(clause, user.get(&clause.property).unwrap_or(&Value::Null)))
    }
}

fn clause(text: &str) -> Option<Clause> {
    let text = text.trim().trim_matches(['(', ')']).trim();
    let (left, rest) = text.split_once(' ')?;
    let (operator, right) = rest.trim_start().split_once(' ')?;
    let property = left.strip_prefix("user.")?.to_owned();
    let test = match operator.to_ascii_lowercase().as_str() {
        "-eq" => Test::Equal,
        "-ne" => Test::NotEqual,
        "-startswith" => Test::StartsWith,
        "-contains" => Test::Contains,
        _ => return None,
    };
    let wanted = serde_json::from_str(right.trim()).ok()?;
    Some(Clause { property, test, wanted })
}

fn holds(clause: &Clause, found: &Value) -> bool {
    let lower = |value: &Value| value.as_str().map(str::to_lowercase);
    let (has, wants) = (lower(found), lower(&clause.wanted));
    match (&clause.test, has, wants) {
        (Test::Equal, Some(has), Some(wants)) => has == wants,
        (Test::Equal, ..) => *found == clause.wanted,
        (Test::NotEqual, Some(has), Some(wants)) => has != wants,
        (Test::NotEqual, ..) => *found != clause.wanted,
        (Test::StartsWith, Some(has), Some(wants)) => has.starts_with(&wants),
        (Test::Contains, Some(has), Some(wants)) => has.contains(&wants),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schema::Kind;

    #[test]
    fn a_rule_compares_without_letter_case_but_not_without_blanks() {
        let rule = Rule::parse(r#"(user.department -eq "Sales") -and (user.accountEnabled -eq true)"#).unwrap();
        let user = |department: &str| {
            Entity::new(Kind::User)
                .with("department", department)
                .with("accountEnabled", true)
        };
        assert!(rule.takes(&user("SALES")));
        assert!(!rule.takes(&user("sales ")));
        assert!(!rule.takes(&Entity::new(Kind::User).with("department", "Sales")));
    }

    #[test]
    fn a_rule_of_another_kind_is_not_understood() {
        assert_eq!(Rule::parse(r#"user.memberOf -any (group.objectId -in ["x"])"#), None);
    }
}
