//! What may happen between two runs, for the law of the closure.

use super::{
    closure::Seeds,
    closure_laws::Book,
    laws::{World, address},
    resting::{microsoft_value, seen_value},
};
use crate::model::{
    directory::DirectoryUser,
    end_user::{EndUserState, Exclusion, Fields},
    held::{Contest, Dropped},
    ids::{DirectoryUserId, EndUserId},
};
use chrono::DateTime;
use proptest::{prelude::*, sample::Index};
use uuid::Uuid;

/// What happens between two runs.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    Mail(Index, String),
    Department(Index, &'static str),
    Phone(Index, &'static str),
    Disable(Index, bool),
    Delete(Index, bool),
    Hire(String, i64),
    WriteEmail(Index, String),
    WritePhone(Index, &'static str),
    AddEndUser(String),
    DeleteEndUser(Index),
    Unmap(Index),
    Exclude(Index, String),
    LetIn,
    Approve(Index),
    Drop,
    LetInDropped,
    DecideContended(Contest),
}

fn anywhere() -> impl Strategy<Value = String> {
    (address(), any::<bool>()).prop_map(|(address, second)| of_world(&address, second))
}

/// Each of two worlds has its own addresses.
pub(super) fn of_world(address: &str, second: bool) -> String {
    if second && !address.is_empty() {
        format!("2{address}")
    } else {
        address.to_owned()
    }
}

pub(super) fn edit() -> impl Strategy<Value = Edit> {
    let who = any::<Index>;
    let phone = || prop::sample::select(vec!["", "555 0100", "555 0199"]);
    let contest = prop::sample::select(vec![Contest::Open, Contest::Microsoft, Contest::Other]);
    prop_oneof![
        6 => (who(), anywhere()).prop_map(|(who, mail)| Edit::Mail(who, mail)),
        2 => (who(), prop::sample::select(vec!["Sales", "Finance", ""])).prop_map(|(who, it)| Edit::Department(who, it)),
        2 => (who(), phone()).prop_map(|(who, it)| Edit::Phone(who, it)),
        2 => (who(), any::<bool>()).prop_map(|(who, it)| Edit::Disable(who, it)),
        2 => (who(), any::<bool>()).prop_map(|(who, it)| Edit::Delete(who, it)),
        2 => (anywhere(), 0i64..4).prop_map(|(mail, created)| Edit::Hire(mail, created)),
        3 => (who(), anywhere()).prop_map(|(who, email)| Edit::WriteEmail(who, email)),
        2 => (who(), phone()).prop_map(|(who, it)| Edit::WritePhone(who, it)),
        2 => anywhere().prop_map(Edit::AddEndUser),
        2 => who().prop_map(Edit::DeleteEndUser),
        1 => who().prop_map(Edit::Unmap),
        1 => (who(), anywhere()).prop_map(|(who, address)| Edit::Exclude(who, address)),
        1 => Just(Edit::LetIn),
        3 => who().prop_map(Edit::Approve),
        2 => Just(Edit::Drop),
        1 => Just(Edit::LetInDropped),
        1 => contest.prop_map(Edit::DecideContended),
    ]
}

fn at(set: bool) -> Option<DateTime<chrono::Utc>> {
    set.then(|| DateTime::from_timestamp(2_000, 0).unwrap())
}

/// Does an edit, and tells of whom triggers and stamps would tell.
pub(super) fn change(world: &mut World, book: &mut Book, edit: &Edit, number: u128) -> Seeds {
    let mut seeds = Seeds::default();
    let mut account = |who: &Index, write: &dyn Fn(&mut DirectoryUser)| {
        let which = who.index(world.users.len());
        let user = &mut world.users[which];
        write(user);
        seeds.users.push(user.id);
    };
    match edit {
        Edit::Mail(who, mail) => account(who, &|user| user.mail.clone_from(mail)),
        Edit::Department(who, it) => account(who, &|user| user.department = (*it).to_owned()),
        Edit::Phone(who, it) => account(who, &|user| user.business_phone = (*it).to_owned()),
        Edit::Disable(who, it) => account(who, &|user| user.disabled_at = at(*it)),
        Edit::Delete(who, it) => account(who, &|user| user.deleted_at = at(*it)),
        Edit::Hire(mail, created) => {
            let id = DirectoryUserId(Uuid::from_u128(0x500 + number));
            let created_at = DateTime::from_timestamp(*created, 0);
            let (display_name, mail) = (format!("Person {number}"), mail.clone());
            world.users.push(DirectoryUser {
                id,
                display_name,
                mail,
                created_at,
                ..DirectoryUser::default()
            });
            seeds.users.push(id);
        }
        Edit::AddEndUser(email) => {
            let id = EndUserId(Uuid::from_u128(0xA000 + number));
            let email = email.clone();
            let fields = Fields {
                name: format!("By hand {number}"),
                email,
                ..Fields::default()
            };
            let mapping = None;
            world.end_users.push(EndUserState { id, fields, mapping });
            seeds.end_users.push(id);
        }
        Edit::WriteEmail(who, _) | Edit::WritePhone(who, _) | Edit::DeleteEndUser(who) | Edit::Unmap(who) => {
            if !world.end_users.is_empty() {
                let which = who.index(world.end_users.len());
                write_end_user(world, book, edit, which, &mut seeds);
            }
        }
        Edit::Exclude(who, address) => {
            let (user, address) = (who.get(&world.users).id, address.clone());
            world.exclusions.retain(|exclusion| exclusion.user != user);
            world.exclusions.push(Exclusion { user, address });
            seeds.users.push(user);
        }
        Edit::LetIn => seeds
            .users
            .extend(world.exclusions.pop().map(|exclusion| exclusion.user)),
        Edit::Approve(which) => seeds.users.extend(book.approve(world, which)),
        Edit::Drop => drop_first(world, book, &mut seeds),
        Edit::LetInDropped => seeds.users.extend(book.dropped.pop().map(|row| row.user)),
        Edit::DecideContended(state) => {
            let open = book.contended.iter_mut().find(|it| it.state != Contest::Counting);
            seeds.users.extend(open.map(|record| {
                record.state = *state;
                record.user
            }));
        }
    }
    seeds
}

fn write_end_user(world: &mut World, book: &mut Book, edit: &Edit, which: usize, seeds: &mut Seeds) {
    let end_user = &mut world.end_users[which];
    seeds.end_users.push(end_user.id);
    match edit {
        Edit::WriteEmail(_, email) => end_user.fields.email.clone_from(email),
        Edit::WritePhone(_, phone) => end_user.fields.phone = (*phone).to_owned(),
        _ => {
            seeds.users.extend(end_user.mapping.take().map(|mapping| mapping.user));
            if matches!(edit, Edit::DeleteEndUser(_)) {
                let gone = world.end_users.remove(which).id;
                book.contended.retain(|record| record.end_user != gone);
            }
        }
    }
}

/// An administrator drops the first held row, and leaves the others.
fn drop_first(world: &World, book: &mut Book, seeds: &mut Seeds) {
    let Some(row) = book.held.first().cloned() else { return };
    let (part, value) = (row.change.part(), seen_value(&row.change));
    let user = world.users.iter().find(|user| user.id == row.user).unwrap();
    if microsoft_value(user, part) != value {
        return;
    }
    book.held.remove(0);
    book.left = book
        .held
        .iter()
        .map(|row| ((row.user, row.change.part()), row.change.clone()))
        .collect();
    book.dropped.retain(|it| (it.user, it.part) != (row.user, part));
    let user = row.user;
    book.dropped.push(Dropped { user, part, value });
    seeds.users.push(user);
}
