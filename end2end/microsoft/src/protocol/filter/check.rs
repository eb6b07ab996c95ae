//! Holds an expression against the model: names spelled as the model spells them, values of the property's type,
//! operators that the property supports (graph.md §2; wording of `error-advancedquery-*` and of the page "Advanced
//! query capabilities").

use super::parse::invalid;
use super::{Expression, Filter, Function, Literal, Operator, Path};
use crate::model::schema::{Kind, Property, Shape};
use crate::protocol::capability::{Support, support};
use crate::protocol::refusal::Refusal;

type Checked<T> = Result<T, Refusal>;

/// The filter of an expression, for objects of these kinds.
pub fn check(expression: Expression, kinds: &[Kind]) -> Checked<Filter> {
    let mut checker = Checker {
        kinds,
        advanced: None,
        properties: Vec::new(),
        lambda: None,
    };
    let expression = checker.expression(expression)?;
    let activity = checker.properties.contains(&"signInActivity");
    if activity && checker.properties.iter().any(|name| *name != "signInActivity") {
        let message = "Filter not supported: signInActivity cannot be combined with other filterable properties.";
        return Err(Refusal::new(400, "Request_UnsupportedQuery", message));
    }
    Ok(Filter {
        expression,
        advanced: checker.advanced,
        activity,
    })
}

/// Inside `any`: the variable, the shape of the items, and whose they are.
#[derive(Clone)]
struct Lambda {
    variable: String,
    items: Shape,
    kind: Kind,
    property: &'static str,
}

struct Checker<'a> {
    kinds: &'a [Kind],
    advanced: Option<Refusal>,
    properties: Vec<&'static str>,
    lambda: Option<Lambda>,
}

/// A name that was found: whose it is, the property of the object, the path in the model's spelling, and its shape.
struct Found {
    kind: Kind,
    property: &'static str,
    path: Path,
    shape: Shape,
}

impl Checker<'_> {
    fn expression(&mut self, expression: Expression) -> Checked<Expression> {
        Ok(match expression {
            Expression::And(all) => Expression::And(self.all(all)?),
            Expression::Or(all) => Expression::Or(self.all(all)?),
            Expression::Not(inner) => {
                let before = self.properties.len();
                let inner = self.expression(*inner)?;
                for property in self.properties.split_off(before) {
                    self.properties.push(property);
                    self.negated(property)?;
                }
                Expression::Not(Box::new(inner))
            }
            Expression::Compare(path, operator, literal) => {
                let found = self.find(&path)?;
                self.fits(&found, operator, &literal)?;
                Expression::Compare(found.path, operator, literal)
            }
            Expression::In(path, literals) => {
                let found = self.find(&path)?;
                for literal in &literals {
                    typed(&found, literal, "Equal")?;
                }
                self.supported(&found, "in", "in")?;
                Expression::In(found.path, literals)
            }
            Expression::Text(function, path, text) => {
                let found = self.find(&path)?;
                typed(&found, &Literal::Text(text.clone()), "Equal")?;
                let (capability, word) = match function {
                    Function::StartsWith => ("startswith", "startsWith"),
                    Function::EndsWith => ("endswith", "endsWith"),
                };
                self.supported(&found, capability, word)?;
                Expression::Text(function, found.path, text)
            }
            Expression::Count(path, operator, number) => {
                let found = self.find(&path)?;
                if !matches!(operator, Operator::Equal | Operator::NotEqual) || !matches!(found.shape, Shape::List(_)) {
                    return Err(clause(&found));
                }
                self.supported(&found, "count", "$count")?;
                Expression::Count(found.path, operator, number)
            }
            Expression::Any(path, inner) => self.any(&path, inner)?,
        })
    }

    fn all(&mut self, all: Vec<Expression>) -> Checked<Vec<Expression>> {
        all.into_iter().map(|one| self.expression(one)).collect()
    }

    fn any(&mut self, path: &Path, inner: Option<(String, Box<Expression>)>) -> Checked<Expression> {
        let found = self.find(path)?;
        let (Shape::List(items), None) = (found.shape, &self.lambda) else {
            return Err(invalid("Any/All may only be used following a collection."));
        };
        let Some((variable, inner)) = inner else {
            self.supported(&found, "eq", "any")?;
            return Ok(Expression::Any(found.path, None));
        };
        self.lambda = Some(Lambda {
            variable: variable.clone(),
            items: *items,
            kind: found.kind,
            property: found.property,
        });
        let inner = self.expression(*inner);
        self.lambda = None;
        Ok(Expression::Any(found.path, Some((variable, Box::new(inner?)))))
    }

    fn find(&mut self, path: &[String]) -> Checked<Found> {
        let first = path.first().map_or("", String::as_str);
        let (kind, property, mut shape, mut names) = match &self.lambda {
            Some(lambda) if lambda.variable == first => {
                (lambda.kind, lambda.property, lambda.items, vec![first.to_owned()])
            }
            // Graph's directory compares nothing but the item inside `any`.
            Some(_) => return Err(invalid(format!("'{first}' is not the range variable."))),
            None => {
                let all = self.kinds.iter();
                let found = all.filter_map(|kind| kind.property(first).map(|property| (*kind, property)));
                let (kind, property) = found.into_iter().next().ok_or_else(|| self.unknown(first))?;
                (kind, property.name, property.shape, vec![property.name.to_owned()])
            }
        };
        for name in &path[1..] {
            let inner = match shape {
                Shape::Object(properties) => named(properties, name),
                _ => None,
            };
            let inner = inner.ok_or_else(|| self.unknown(name))?;
            shape = inner.shape;
            names.push(inner.name.to_owned());
        }
        self.properties.push(property);
        Ok(Found {
            kind,
            property,
            path: names,
            shape,
        })
    }

    fn unknown(&self, name: &str) -> Refusal {
        let kind = self.kinds.first().map_or("", |kind| kind.type_name());
        invalid(format!("Could not find a property named '{name}' on type '{kind}'."))
    }

    fn fits(&mut self, found: &Found, operator: Operator, literal: &Literal) -> Checked<()> {
        let kind = match operator {
            Operator::Equal => "Equal",
            Operator::NotEqual => "NotEqual",
            Operator::Greater => "GreaterThan",
            Operator::GreaterOrEqual => "GreaterThanOrEqual",
            Operator::Less => "LessThan",
            Operator::LessOrEqual => "LessThanOrEqual",
        };
        if let Literal::Null = literal {
            if matches!(found.shape, Shape::List(_) | Shape::Object(_)) {
                return Err(clause(found));
            }
            self.supported(found, "null", operator.word())?;
            return self.supported(found, operator.word(), operator.word());
        }
        typed(found, literal, kind)?;
        let word = match (operator, found.shape) {
            (Operator::Greater, Shape::Date) => "ge",
            (Operator::Less, Shape::Date) => "le",
            _ => operator.word(),
        };
        self.supported(found, word, operator.word())
    }

    /// `not` is an operator of its own: it is advanced wherever there is one.
    fn negated(&mut self, property: &str) -> Checked<()> {
        let kinds = self.kinds.iter();
        let found = kinds.filter_map(|kind| Some((*kind, kind.property(property)?.name)));
        let Some((kind, property)) = found.into_iter().next() else {
            return Ok(());
        };
        if support(kind, property, "not").is_none() && support(kind, property, "ne").is_none() {
            return Err(unsupported(kind, property));
        }
        self.advanced.get_or_insert_with(|| missing("not"));
        Ok(())
    }

    fn supported(&mut self, found: &Found, capability: &str, word: &str) -> Checked<()> {
        match support(found.kind, found.property, capability) {
            None => Err(clause(found)),
            Some(Support::Default) => Ok(()),
            Some(Support::Advanced) => {
                let negative = matches!(capability, "ne" | "not" | "endswith" | "count");
                let refusal = || if negative { missing(word) } else { clause(found) };
                self.advanced.get_or_insert_with(refusal);
                Ok(())
            }
        }
    }
}

fn named(properties: &'static [Property], name: &str) -> Option<&'static Property> {
    properties
        .iter()
        .find(|property| property.name.eq_ignore_ascii_case(name))
}

fn typed(found: &Found, literal: &Literal, operator: &str) -> Checked<()> {
    let (left, right) = (edm(&found.shape), literal_edm(literal));
    match left == right || right.is_empty() {
        true if !matches!(found.shape, Shape::List(_) | Shape::Object(_) | Shape::Outside) => Ok(()),
        true => Err(clause(found)),
        false if matches!(found.shape, Shape::Outside) => Err(clause(found)),
        false => Err(invalid(format!(
            "A binary operator with incompatible types was detected. Found operand types '{left}' and '{right}' for \
             operator kind '{operator}'."
        ))),
    }
}

fn edm(shape: &Shape) -> &'static str {
    match shape {
        Shape::Text => "Edm.String",
        Shape::Guid => "Edm.Guid",
        Shape::Bool => "Edm.Boolean",
        Shape::Int => "Edm.Int32",
        Shape::Long => "Edm.Int64",
        Shape::Date => "Edm.DateTimeOffset",
        Shape::List(_) => "Collection",
        Shape::Object(_) | Shape::Outside => "Edm.ComplexType",
    }
}

fn literal_edm(literal: &Literal) -> &'static str {
    match literal {
        Literal::Null => "",
        Literal::Bool(_) => "Edm.Boolean",
        Literal::Number(_) => "Edm.Int32",
        Literal::Text(_) => "Edm.String",
        Literal::Guid(_) => "Edm.Guid",
        Literal::Date(_) => "Edm.DateTimeOffset",
    }
}

fn clause(found: &Found) -> Refusal {
    unsupported(found.kind, found.property)
}

/// The refusal for a property that is not indexed for what is asked of it.
fn unsupported(kind: Kind, property: &str) -> Refusal {
    let resource = kind.resource_name();
    Refusal::new(
        400,
        "Request_UnsupportedQuery",
        format!(
            "Unsupported or invalid query filter clause specified for property '{property}' of resource '{resource}'."
        ),
    )
}

/// The refusal for an operator that only advanced queries know (`error-advancedquery-2026-1`).
fn missing(operator: &str) -> Refusal {
    let message = format!(
        "Operator '{operator}' is not supported because the required parameters might be missing. Try adding \
         $count=true query parameter and ConsistencyLevel:eventual header. Refer to \
         https://aka.ms/graph-docs/advanced-queries for more information"
    );
    Refusal::new(400, "Request_UnsupportedQuery", message)
}
