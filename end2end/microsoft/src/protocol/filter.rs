//! `$filter`: the expression and whether an object meets it. Text compares without letter case, as the directory
//! compares it; a comparison with a property that has no value is false, except that `ne` is true (OData 4.01, URL
//! conventions 5.1.1). [`parse`](mod@parse) reads the text, [`check`] holds it against the model.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::model::entity::Entity;
use crate::model::schema::Kind;
use crate::protocol::refusal::Refusal;

pub mod check;
pub mod parse;
#[cfg(test)]
mod tests;

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `eq`
    Equal,
    /// `ne`
    NotEqual,
    /// `gt`
    Greater,
    /// `ge`
    GreaterOrEqual,
    /// `lt`
    Less,
    /// `le`
    LessOrEqual,
}

impl Operator {
    /// The word in an expression.
    pub fn word(self) -> &'static str {
        match self {
            Self::Equal => "eq",
            Self::NotEqual => "ne",
            Self::Greater => "gt",
            Self::GreaterOrEqual => "ge",
            Self::Less => "lt",
            Self::LessOrEqual => "le",
        }
    }

    /// The operator of a word; letter case does not count.
    pub fn of(word: &str) -> Option<Self> {
        let all = [
            Self::Equal,
            Self::NotEqual,
            Self::Greater,
            Self::GreaterOrEqual,
            Self::Less,
            Self::LessOrEqual,
        ];
        all.into_iter()
            .find(|operator| operator.word().eq_ignore_ascii_case(word))
    }

    fn holds(self, order: Option<Ordering>) -> bool {
        match self {
            Self::Equal => order == Some(Ordering::Equal),
            Self::NotEqual => order != Some(Ordering::Equal),
            Self::Greater => order == Some(Ordering::Greater),
            Self::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            Self::Less => order == Some(Ordering::Less),
            Self::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        }
    }
}

/// A value written in an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// Text in single quotes.
    Text(String),
    /// A GUID without quotes.
    Guid(Uuid),
    /// A day or a moment without quotes.
    Date(DateTime<Utc>),
}

/// A test of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// `startsWith`
    StartsWith,
    /// `endsWith`
    EndsWith,
}

/// Names from the object inwards, or from the range variable of `any`, which is then the first of them.
pub type Path = Vec<String>;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// All of them.
    And(Vec<Expression>),
    /// At least one of them.
    Or(Vec<Expression>),
    /// Not this one.
    Not(Box<Expression>),
    /// A property against a value.
    Compare(Path, Operator, Literal),
    /// A property against a list of values.
    In(Path, Vec<Literal>),
    /// A property's text against a text.
    Text(Function, Path, String),
    /// The length of a list against a number.
    Count(Path, Operator, i64),
    /// At least one item of a list; without a condition, whether there is an item.
    Any(Path, Option<(String, Box<Expression>)>),
}

/// A filter that was read and held against the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    expression: Expression,
    /// What in it needs the eventually consistent index, with the refusal for who asks without.
    pub advanced: Option<Refusal>,
    /// Whether it asks for sign-in activity.
    pub activity: bool,
}

impl Filter {
    /// Reads a filter for objects of these kinds.
    pub fn read(text: &str, kinds: &[Kind]) -> Result<Self, Refusal> {
        check::check(parse::parse(text)?, kinds)
    }

    /// How many expressions the longest list of alternatives holds: terms joined by `or`, or values after `in`.
    pub fn alternatives(&self) -> usize {
        alternatives(&self.expression)
    }

    /// Whether an object meets the filter.
    pub fn takes(&self, entity: &Entity) -> bool {
        holds(&self.expression, &Scope { entity, item: None })
    }

    /// The ids that the filter asks for, if it asks for nothing else.
    pub fn ids(&self) -> Option<Vec<Uuid>> {
        let id = |expression: &Expression| match expression {
            Expression::Compare(path, Operator::Equal, Literal::Text(text)) if path == &["id"] => {
                Uuid::try_parse(text).ok()
            }
            _ => None,
        };
        match &self.expression {
            Expression::Or(all) => all.iter().map(id).collect(),
            one => id(one).map(|id| vec![id]),
        }
    }
}

fn alternatives(expression: &Expression) -> usize {
    let longest = |all: &[Expression]| all.iter().map(alternatives).max().unwrap_or(0);
    match expression {
        Expression::Or(all) => all.iter().map(|one| alternatives(one).max(1)).sum(),
        Expression::And(all) => longest(all),
        Expression::In(_, literals) => literals.len(),
        Expression::Not(inner) | Expression::Any(_, Some((_, inner))) => alternatives(inner),
        _ => 1,
    }
}

/// What names mean: the object's properties, and inside `any` the item under its variable.
#[derive(Clone, Copy)]
struct Scope<'a> {
    entity: &'a Entity,
    item: Option<(&'a str, &'a Value)>,
}

impl<'a> Scope<'a> {
    fn value(&self, path: &[String]) -> Option<&'a Value> {
        let (first, rest) = path.split_first()?;
        let start = match self.item {
            Some((variable, item)) if variable == first => item,
            _ => self.entity.get(first)?,
        };
        let found = rest.iter().try_fold(start, |value, name| value.get(name))?;
        (!found.is_null()).then_some(found)
    }
}

fn holds(expression: &Expression, scope: &Scope<'_>) -> bool {
    let items = |path| {
        scope
            .value(path)
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice)
    };
    match expression {
        Expression::And(all) => all.iter().all(|one| holds(one, scope)),
        Expression::Or(all) => all.iter().any(|one| holds(one, scope)),
        Expression::Not(inner) => !holds(inner, scope),
        Expression::Compare(path, operator, literal) => operator.holds(order(scope.value(path), literal)),
        Expression::In(path, literals) => {
            let value = scope.value(path);
            literals
                .iter()
                .any(|literal| order(value, literal) == Some(Ordering::Equal))
        }
        Expression::Text(function, path, wanted) => {
            let Some(has) = scope.value(path).and_then(Value::as_str) else {
                return false;
            };
            let (has, wanted) = (has.to_lowercase(), wanted.to_lowercase());
            match function {
                Function::StartsWith => has.starts_with(&wanted),
                Function::EndsWith => has.ends_with(&wanted),
            }
        }
        Expression::Count(path, operator, number) => {
            let count = i64::try_from(items(path).len()).unwrap_or(i64::MAX);
            operator.holds(Some(count.cmp(number)))
        }
        Expression::Any(path, None) => !items(path).is_empty(),
        Expression::Any(path, Some((variable, inner))) => items(path).iter().any(|item| {
            let scope = Scope {
                entity: scope.entity,
                item: Some((variable, item)),
            };
            holds(inner, &scope)
        }),
    }
}

/// How a value stands to a literal; `None` where they cannot be compared.
fn order(value: Option<&Value>, literal: &Literal) -> Option<Ordering> {
    match (value, literal) {
        (None, Literal::Null) => Some(Ordering::Equal),
        (Some(Value::String(has)), Literal::Text(wanted)) => Some(has.to_lowercase().cmp(&wanted.to_lowercase())),
        (Some(Value::String(has)), Literal::Guid(wanted)) => Uuid::try_parse(has).ok().map(|has| has.cmp(wanted)),
        (Some(Value::String(has)), Literal::Date(wanted)) => {
            let has = DateTime::parse_from_rfc3339(has).ok()?;
            Some(has.with_timezone(&Utc).cmp(wanted))
        }
        (Some(Value::Bool(has)), Literal::Bool(wanted)) => Some(has.cmp(wanted)),
        (Some(Value::Number(has)), Literal::Number(wanted)) => has.as_i64().map(|has| has.cmp(wanted)),
        _ => None,
    }
}
