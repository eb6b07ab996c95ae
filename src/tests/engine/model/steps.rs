//! What can happen in a history, and how often.

use super::{
    super::expected::Ticks,
    faults,
    microsoft::{Event, GROUPS, Hire, OWN, SKU, group},
};
use crate::model::run::Stage;
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

/// Something that an administrator does, or another program. `of` is the first or the second Organization.
#[derive(Clone, Debug)]
pub enum Local {
    /// Filters are saved, which enables the user sync.
    Filters { of: usize, ticks: Ticks },
    /// The user sync is disabled.
    Disable { of: usize },
    /// The Microsoft tenant is unmapped from the Tenant, or mapped to it again.
    Map(bool),
    /// An End User is added by hand.
    Add {
        of: usize,
        name: &'static str,
        email: &'static str,
    },
    /// A field of an End User is written; which one counts as in the table of the tests.
    Edit {
        of: usize,
        whom: u8,
        field: usize,
        value: &'static str,
    },
    /// An End User is deleted, and kept out or not.
    Delete { of: usize, whom: u8, keep_out: bool },
    /// Somebody who was kept out is let in again.
    LetIn { of: usize, whom: u8 },
}

/// How a run goes.
#[derive(Clone, Debug)]
pub enum Run {
    /// Nothing is in the way.
    Well,
    /// The stand-in does not do as it should, and the run has to end well all the same.
    Hindered(Value),
    /// The stand-in does not do as it should, for longer than a run bears.
    Failing(Value),
    /// The worker is gone at a request: the number is taken modulo how many there are.
    CutAtRequest(u16),
    /// The worker is gone at a statement, likewise, which still arrives, or does not.
    CutAtStatement { number: u16, arrives: bool },
    /// The worker is gone in the middle of a stage.
    CutIn(Stage),
}

/// A step of a history.
#[derive(Clone, Debug)]
pub enum Step {
    /// At Microsoft.
    There(Vec<Event>),
    /// Here.
    Here(Vec<Local>),
    /// A run.
    Run(Run),
    /// A run with nothing in the way, after which everything has to be so.
    Settle,
}

const NAMES: [&str; 4] = ["Ana López", "Ana  López", "Ben Jones", "Cleo \u{200f}\u{5e9} <b>"];
/// Of these several people may have one. Two are one address in two spellings.
const ADDRESSES: [&str; 6] = [
    "ana@contoso.example",
    "Ana@Contoso.example",
    "ben@contoso.example",
    "cleo@fabrikam.example",
    "dora@fabrikam.example",
    // Somebody's user principal name.
    "p2@contoso.example",
];
/// The first two are one number.
const PHONES: [&str; 3] = ["+31 20 555 0100", "+31205550100", "0800 1"];
const DEPARTMENTS: [&str; 3] = ["Sales", "Legal", " sales "];
const OFFICES: [&str; 2] = ["M\u{fc}nchen", "London HQ"];
const WORDS: [&str; 3] = ["", "Buyer", "Written by another"];

/// A value, or none.
fn some_of(values: &'static [&'static str]) -> BoxedStrategy<Value> {
    prop_oneof![
        4 => select(values).prop_map(|value| json!(value)),
        1 => Just(Value::Null),
    ]
    .boxed()
}

fn mail() -> BoxedStrategy<Value> {
    prop_oneof![
        5 => Just(json!(OWN)),
        4 => select(&ADDRESSES[..]).prop_map(|value| json!(value)),
        1 => Just(Value::Null),
    ]
    .boxed()
}

fn phones() -> BoxedStrategy<Value> {
    prop_oneof![select(&PHONES[..]).prop_map(|number| json!([number])), Just(json!([])),].boxed()
}

fn licences() -> BoxedStrategy<Value> {
    prop_oneof![Just(json!([])), Just(json!([{ "skuId": SKU, "disabledPlans": [] }])),].boxed()
}

fn hire() -> BoxedStrategy<Hire> {
    let place = (some_of(&DEPARTMENTS), some_of(&OFFICES), licences());
    let who = (some_of(&NAMES), mail(), phones(), some_of(&WORDS[1..]));
    let kind = (prop::bool::weighted(0.15), prop::bool::weighted(0.9), 0u8..4);
    (who, place, kind)
        .prop_map(
            |((name, mail, phone, title), (department, office, licences), (guest, enabled, day))| {
                // A guest's address may be told by another property.
                let (mail, others) = if guest && day % 2 == 0 {
                    (Value::Null, json!(["ana@contoso.example"]))
                } else {
                    (mail, json!([]))
                };
                Hire {
                    properties: vec![
                        ("displayName", name),
                        ("mail", mail),
                        ("otherMails", others),
                        ("businessPhones", phone),
                        ("jobTitle", title),
                        ("department", department),
                        ("officeLocation", office),
                        ("assignedLicenses", licences),
                        ("accountEnabled", json!(enabled)),
                    ],
                    guest,
                    day,
                }
            },
        )
        .boxed()
}

/// Who is there when a history begins.
pub fn first_accounts() -> BoxedStrategy<Vec<Hire>> {
    vec(hire(), 5..11).boxed()
}

fn change() -> BoxedStrategy<Event> {
    let property = prop_oneof![
        3 => some_of(&NAMES).prop_map(|value| ("displayName", value)),
        5 => mail().prop_map(|value| ("mail", value)),
        2 => phones().prop_map(|value| ("businessPhones", value)),
        1 => some_of(&PHONES).prop_map(|value| ("mobilePhone", value)),
        1 => some_of(&WORDS[1..]).prop_map(|value| ("city", value)),
        2 => some_of(&WORDS[1..]).prop_map(|value| ("jobTitle", value)),
        3 => some_of(&DEPARTMENTS).prop_map(|value| ("department", value)),
        1 => some_of(&OFFICES).prop_map(|value| ("officeLocation", value)),
        4 => any::<bool>().prop_map(|enabled| ("accountEnabled", json!(enabled))),
        2 => licences().prop_map(|value| ("assignedLicenses", value)),
    ];
    (any::<u8>(), property)
        .prop_map(|(who, (property, value))| Event::Set { who, property, value })
        .boxed()
}

fn event() -> BoxedStrategy<Event> {
    let who = any::<u8>;
    prop_oneof![
        3 => hire().prop_map(Event::Hire),
        8 => change(),
        3 => (who(), who()).prop_map(|(one, other)| Event::Swap { one, other }),
        3 => who().prop_map(Event::Delete),
        1 => who().prop_map(Event::Purge),
        1 => who().prop_map(Event::PurgeFromBin),
        2 => who().prop_map(Event::Restore),
        1 => vec(who(), 0..4).prop_map(Event::NewGroup),
        1 => who().prop_map(Event::DropGroup),
        4 => (who(), who(), any::<bool>()).prop_map(|(group, user, inside)| Event::Member { group, user, inside }),
        2 => (who(), who(), any::<bool>()).prop_map(|(group, inner, inside)| Event::Nest { group, inner, inside }),
    ]
    .boxed()
}

/// What is ticked: everything in most sections, so that somebody is in scope.
fn ticks() -> BoxedStrategy<Ticks> {
    fn seldom<T: std::fmt::Debug + Clone + 'static>(ticked: BoxedStrategy<T>) -> BoxedStrategy<Option<T>> {
        proptest::option::weighted(0.2, ticked).boxed()
    }
    let text = |values: Vec<Option<&'static str>>| {
        let values: Vec<_> = values.into_iter().map(|value| value.map(str::to_owned)).collect();
        proptest::sample::subsequence(values.clone(), 1..=values.len()).boxed()
    };
    let groups: Vec<_> = (1..=GROUPS).map(|number| Some(group(number))).chain([None]).collect();
    let groups = proptest::sample::subsequence(groups, 1..4).boxed();
    let domains: Vec<_> = ["CONTOSO.example".to_owned(), "fabrikam.example".to_owned()].into();
    (
        seldom(prop_oneof![Just(vec!["member"]), Just(vec!["guest"])].boxed()),
        seldom(proptest::sample::subsequence(domains, 1..=2).boxed()),
        seldom(text(vec![Some("Mu\u{308}NCHEN"), Some("london hq"), None])),
        seldom(text(vec![Some("SALES"), Some("Legal"), None])),
        seldom(groups),
        proptest::option::weighted(0.15, any::<bool>()),
    )
        .prop_map(|(user_type, domain, office, department, group, licensed)| Ticks {
            user_type,
            domain,
            office,
            department,
            group,
            licensed,
        })
        .boxed()
}

fn edit() -> BoxedStrategy<Local> {
    let written = prop_oneof![
        1 => select(&NAMES[..]).prop_map(|value| (0, value)),
        3 => select(&ADDRESSES[..]).prop_map(|value| (1, value)),
        2 => select(&PHONES[..]).prop_map(|value| (2, value)),
        // Always the same person's, so that a contest comes about.
        4 => Just((8, WORDS[2])),
        1 => select(&WORDS[..]).prop_map(|value| (5, value)),
    ];
    (0usize..2, prop_oneof![Just(0u8), any::<u8>()], written)
        .prop_map(|(of, whom, (field, value))| Local::Edit { of, whom, field, value })
        .boxed()
}

fn local() -> BoxedStrategy<Local> {
    let (of, whom) = (|| 0usize..2, any::<u8>);
    prop_oneof![
        4 => (of(), ticks()).prop_map(|(of, ticks)| Local::Filters { of, ticks }),
        1 => of().prop_map(|of| Local::Disable { of }),
        1 => prop::bool::weighted(0.7).prop_map(Local::Map),
        3 => (of(), select(&NAMES[..]), select(&ADDRESSES[..]))
            .prop_map(|(of, name, email)| Local::Add { of, name, email }),
        6 => edit(),
        4 => (of(), whom(), any::<bool>()).prop_map(|(of, whom, keep_out)| Local::Delete { of, whom, keep_out }),
        2 => (of(), whom()).prop_map(|(of, whom)| Local::LetIn { of, whom }),
    ]
    .boxed()
}

fn run() -> BoxedStrategy<Run> {
    prop_oneof![
        3 => Just(Run::Well),
        4 => faults::bearable().prop_map(Run::Hindered),
        3 => faults::unbearable().prop_map(Run::Failing),
        2 => any::<u16>().prop_map(Run::CutAtRequest),
        4 => any::<(u16, bool)>().prop_map(|(number, arrives)| Run::CutAtStatement { number, arrives }),
    ]
    .boxed()
}

/// The next step.
pub fn step() -> BoxedStrategy<Step> {
    prop_oneof![
        5 => vec(event(), 1..6).prop_map(Step::There),
        3 => vec(local(), 1..4).prop_map(Step::Here),
        4 => run().prop_map(Step::Run),
        2 => Just(Step::Settle),
    ]
    .boxed()
}
