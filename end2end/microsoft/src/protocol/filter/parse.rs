//! Reads a filter's text: the part of OData's grammar (4.01, ABNF `boolCommonExpr`) that Graph's directory knows.
//! No crate that is kept up reads it, and what one would read beyond Graph's part would have to be refused again.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{Expression, Function, Literal, Operator, Path};
use crate::protocol::refusal::Refusal;

/// How deep parentheses may stand; a request's address could otherwise exhaust the stack.
const DEEPEST: usize = 40;

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open,
    Close,
    Comma,
    Colon,
    Text(String),
    Word(String),
}

/// The expression in a text.
pub fn parse(text: &str) -> Result<Expression, Refusal> {
    let tokens = tokens(text)?;
    let mut parser = Parser {
        tokens,
        at: 0,
        depth: 0,
        text,
    };
    let expression = parser.or()?;
    match parser.peek() {
        None => Ok(expression),
        Some(_) => Err(parser.wrong()),
    }
}

/// The refusal for an expression that cannot be read.
pub fn invalid(why: impl std::fmt::Display) -> Refusal {
    Refusal::new(400, "BadRequest", format!("Invalid filter clause: {why}"))
}

fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            ',' => (Token::Comma, 1),
            ':' => (Token::Colon, 1),
            '\'' => {
                quoted(rest).ok_or_else(|| invalid(format!("There is an unterminated string literal in '{text}'.")))?
            }
            _ => {
                // A moment holds colons, and the name of a range variable ends at one.
                let moment = first.is_ascii_digit();
                let ends = |c: char| c.is_whitespace() || "(),'".contains(c) || (c == ':' && !moment);
                let length = rest.find(ends).unwrap_or(rest.len());
                (Token::Word(rest[..length].to_owned()), length)
            }
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// A text in single quotes, one inside it doubled, and how many bytes it took.
fn quoted(rest: &str) -> Option<(Token, usize)> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character != '\'' {
            text.push(character);
        } else if characters.next_if(|(_, next)| *next == '\'').is_some() {
            text.push('\'');
        } else {
            return Some((Token::Text(text), at + 1));
        }
    }
    None
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    text: &'a str,
}

type Parsed<T> = Result<T, Refusal>;

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += 1;
        token
    }

    fn wrong(&self) -> Refusal {
        invalid(format!("Syntax error at token {} in '{}'.", self.at + 1, self.text))
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(found)) if found.eq_ignore_ascii_case(word))
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, token: &Token) -> Parsed<()> {
        match self.peek() == Some(token) {
            true => {
                self.at += 1;
                Ok(())
            }
            false => Err(self.wrong()),
        }
    }

    fn or(&mut self) -> Parsed<Expression> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(invalid("The recursion limit has been exceeded."));
        }
        let mut all = vec![self.and()?];
        while self.take_word("or") {
            all.push(self.and()?);
        }
        self.depth -= 1;
        Ok(one_or(all, Expression::Or))
    }

    fn and(&mut self) -> Parsed<Expression> {
        let mut all = vec![self.unary()?];
        while self.take_word("and") {
            all.push(self.unary()?);
        }
        Ok(one_or(all, Expression::And))
    }

    fn unary(&mut self) -> Parsed<Expression> {
        if self.take_word("not") {
            // `not` binds closer than a comparison, so that what follows must be true or false by itself.
            let before = self.at;
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(invalid("The recursion limit has been exceeded."));
            }
            let inner = self.unary()?;
            self.depth -= 1;
            let bare = matches!(
                inner,
                Expression::Compare(..) | Expression::In(..) | Expression::Count(..)
            );
            if bare && self.tokens.get(before) != Some(&Token::Open) {
                return Err(invalid(
                    "A unary operator with an incompatible type was detected for operator kind 'Not'.",
                ));
            }
            return Ok(Expression::Not(Box::new(inner)));
        }
        self.primary()
    }

    fn primary(&mut self) -> Parsed<Expression> {
        match self.next() {
            Some(Token::Open) => {
                let inner = self.or()?;
                self.expect(&Token::Close)?;
                Ok(inner)
            }
            Some(Token::Word(word)) if self.peek() == Some(&Token::Open) && literal(&word).is_none() => {
                self.call(&word)
            }
            Some(Token::Word(word)) if literal(&word).is_none() => self.comparison(path(&word)),
            _ => {
                self.at -= 1;
                Err(self.wrong())
            }
        }
    }

    fn call(&mut self, word: &str) -> Parsed<Expression> {
        if let Some((list, lambda)) = word.rsplit_once('/') {
            return match lambda.to_ascii_lowercase().as_str() {
                "any" => self.any(path(list)),
                "all" => Err(Refusal::new(400, "Request_UnsupportedQuery", "Unsupported Query.")),
                _ => Err(self.wrong()),
            };
        }
        let function = match word.to_ascii_lowercase().as_str() {
            "startswith" => Function::StartsWith,
            "endswith" => Function::EndsWith,
            // Known to OData and to other parts of Graph, but not to the directory.
            "contains" | "substringof" | "tolower" | "toupper" | "length" | "indexof" | "concat" | "isof" => {
                return Err(Refusal::new(400, "Request_UnsupportedQuery", "Unsupported Query."));
            }
            _ => return Err(invalid(format!("An unknown function with name '{word}' was found."))),
        };
        self.expect(&Token::Open)?;
        let property = match self.next() {
            Some(Token::Word(word)) if literal(&word).is_none() => path(&word),
            _ => return Err(self.wrong()),
        };
        self.expect(&Token::Comma)?;
        let Some(Token::Text(text)) = self.next() else {
            return Err(self.wrong());
        };
        self.expect(&Token::Close)?;
        // `startsWith(...) eq true` says the same.
        if self.is_word("eq") && matches!(self.tokens.get(self.at + 1), Some(Token::Word(word)) if word == "true") {
            self.at += 2;
        }
        Ok(Expression::Text(function, property, text))
    }

    fn any(&mut self, list: Path) -> Parsed<Expression> {
        self.expect(&Token::Open)?;
        if self.peek() == Some(&Token::Close) {
            self.at += 1;
            return Ok(Expression::Any(list, None));
        }
        let Some(Token::Word(variable)) = self.next() else {
            return Err(self.wrong());
        };
        self.expect(&Token::Colon)?;
        let inner = self.or()?;
        self.expect(&Token::Close)?;
        Ok(Expression::Any(list, Some((variable, Box::new(inner)))))
    }

    fn comparison(&mut self, property: Path) -> Parsed<Expression> {
        let Some(Token::Word(word)) = self.next() else {
            return Err(self.wrong());
        };
        if word.eq_ignore_ascii_case("in") {
            self.expect(&Token::Open)?;
            let mut literals = vec![self.literal()?];
            while self.peek() == Some(&Token::Comma) {
                self.at += 1;
                literals.push(self.literal()?);
            }
            self.expect(&Token::Close)?;
            return Ok(Expression::In(property, literals));
        }
        let operator = Operator::of(&word).ok_or_else(|| self.wrong())?;
        let value = self.literal()?;
        match (property.split_last(), value) {
            (Some((last, list)), Literal::Number(number)) if last == "$count" => {
                Ok(Expression::Count(list.to_vec(), operator, number))
            }
            (_, value) => Ok(Expression::Compare(property, operator, value)),
        }
    }

    fn literal(&mut self) -> Parsed<Literal> {
        let found = match self.next() {
            Some(Token::Text(text)) => Some(Literal::Text(text)),
            Some(Token::Word(word)) => literal(&word),
            _ => None,
        };
        found.ok_or_else(|| self.wrong())
    }
}

fn one_or(mut all: Vec<Expression>, many: impl Fn(Vec<Expression>) -> Expression) -> Expression {
    match all.pop() {
        Some(only) if all.is_empty() => only,
        Some(last) => {
            all.push(last);
            many(all)
        }
        None => many(all),
    }
}

fn path(word: &str) -> Path {
    word.split('/').map(str::to_owned).collect()
}

/// The value of a word that is not a name.
fn literal(word: &str) -> Option<Literal> {
    match word {
        "null" => return Some(Literal::Null),
        "true" => return Some(Literal::Bool(true)),
        "false" => return Some(Literal::Bool(false)),
        _ => {}
    }
    if let Ok(number) = word.parse() {
        return Some(Literal::Number(number));
    }
    // Without hyphens it would be a name or a number to OData.
    if word.len() == 36
        && let Ok(id) = Uuid::try_parse(word)
    {
        return Some(Literal::Guid(id));
    }
    if let Ok(moment) = DateTime::parse_from_rfc3339(word) {
        return Some(Literal::Date(moment.with_timezone(&Utc)));
    }
    let day = NaiveDate::parse_from_str(word, "%Y-%m-%d").ok()?;
    day.and_hms_opt(0, 0, 0).map(|moment| Literal::Date(moment.and_utc()))
}
