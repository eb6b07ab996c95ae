//! Why? one person is in or out: the plan's own answer, with names in place of ids.

use super::{asker::Asker, state::AppState, why_devices::devices};
use crate::{
    api::{
        ApiError,
        why::{Answer, Explained, HeldChange, Obstacle, Party, Recorded, SectionWords, Value, WhyAnswer},
    },
    engine::{apply::attention, preview::Directory},
    model::{
        audit::AuditChange,
        directory::DirectoryUser,
        end_user::{EndUserState, MarkKind},
        explanation::Rule,
        filter::{Choice, Filters, Section},
        ids::{DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId},
        organization::{OrganizationRow, UserSyncState},
        plan::{Outcome, PersonPlan, Reason},
        time::Moment,
    },
    store::{self, Now, search::Words, user_sync::UserSync},
    sync::{
        explain::{Explanation, SectionAnswer, explain},
        facets::label_of_missing,
        fields,
        normalise::key,
        plan::PlanInput,
    },
};
use std::collections::HashMap;

/// Explains a person, or looks for those who are missing.
pub async fn why(
    asker: &Asker,
    organization: OrganizationId,
    user: &str,
    words: &str,
    now: &Now,
) -> Result<WhyAnswer, ApiError> {
    let (state, pool) = (&asker.state, &asker.state.engine.pool);
    // Of part of a Tenant one sees the people who are mapped in one's own Organization, and nobody else by name.
    let whole = asker.has_whole(organization).await?;
    let row = store::organization::get(pool, organization).await?.seen(whole);
    let Some(tenant) = row.microsoft_tenant_id else {
        return Ok(WhyAnswer {
            organization: row,
            microsoft_tenant: None,
            answer: Answer::Nothing,
        });
    };
    let microsoft = store::microsoft_tenant::get(pool, tenant).await?;
    let answer = match (user.trim(), Words::new(pool, words).await?) {
        ("", None) if whole => Answer::Nothing,
        ("", None) => {
            asker.clone().reads_whole(organization).await?;
            Answer::Nothing
        }
        ("", Some(words)) => {
            let asker = asker.clone().reads_whole(organization).await?;
            let words = words.asked_by(asker.organizations());
            Answer::Missing(store::search::directory_people(pool, &words, Some((tenant, organization))).await?)
        }
        (user, _) => match store::directory_person::find(pool, tenant, user).await? {
            None => Answer::Nobody,
            Some(user) if !store::access::sees_person(pool, (organization, tenant), user, asker.theirs()).await? => {
                Answer::Nobody
            }
            Some(user) => match explained(state, &row, (tenant, whole), user, now).await? {
                None => Answer::Nobody,
                Some(person) if whole => Answer::Person(Box::new(person)),
                Some(person) => Answer::Person(Box::new(without_others(person))),
            },
        },
    };
    Ok(WhyAnswer {
        organization: row,
        microsoft_tenant: Some((
            microsoft.display_name,
            microsoft.last_pass_at.map(|at| Moment::new(at, now)),
        )),
        answer,
    })
}

/// Without the accounts of others.
fn without_others(mut person: Explained) -> Explained {
    let own = person.user;
    person
        .parties
        .retain(|party| !matches!(party, Party::Account { id, .. } if *id != own));
    person
}

async fn explained(
    state: &AppState,
    organization: &OrganizationRow,
    (tenant, whole): (MicrosoftTenantId, bool),
    user: DirectoryUserId,
    now: &Now,
) -> Result<Option<Explained>, ApiError> {
    let pool = &state.engine.pool;
    let directory = Directory::stored(&state.engine, tenant).await?;
    let sync = store::user_sync::get(pool, organization.id, tenant).await?;
    let filters = sync.as_ref().map(|sync| sync.filters.clone()).unwrap_or_default();
    let end_users = store::end_user::states(pool, organization.id, tenant).await?;
    let exclusions = store::end_user::exclusions(pool, organization.id, tenant).await?;
    let explanation = explain(
        &PlanInput {
            filters: &filters,
            users: &directory.users,
            end_users: &end_users,
            exclusions: &exclusions,
            readings: &directory.readings,
        },
        user,
    );
    let (Some(explanation), Some(account)) = (explanation, directory.users.iter().find(|one| one.id == user)) else {
        return Ok(None);
    };
    let recorded = store::directory_person::latest_outcome(pool, organization.id, user).await?;
    let names: HashMap<String, String> = directory
        .groups
        .iter()
        .map(|group| (group.id.to_string(), group.name.clone()))
        .collect();
    let people = People {
        end_users: &end_users,
        accounts: &directory.users,
    };
    let base = &explanation.plan;
    let (decided, held) = match &sync {
        Some(sync) if sync.enabled => decided(state, &directory, sync, tenant, user).await?,
        _ => (None, vec![]),
    };
    let plan = decided.as_ref().unwrap_or(base);
    let mut obstacles = obstacles(
        organization,
        &explanation,
        attention(&filters, &directory.readings),
        &directory,
    );
    if !held.is_empty() {
        let run = match &organization.sync {
            UserSyncState::Attention { held_in, .. } => *held_in,
            _ => None,
        };
        obstacles.push(Obstacle::Held { changes: held, run });
    }
    Ok(Some(Explained {
        user,
        name: fields::of_user(account).name,
        upn: account.upn.clone(),
        created: account.created_at.map(|at| Moment::new(at, now)),
        state: state_of(account, now),
        mapped: explanation.mapped,
        standing: explanation.standing,
        rule: explanation.rule,
        reason: base.reason.words(),
        address: explanation.address.clone(),
        sections: explanation
            .sections
            .iter()
            .map(|answer| section_words(answer, &filters, &names))
            .collect(),
        matching: match_words(&explanation),
        parties: people.parties(&explanation),
        outcome: plan.outcome,
        next_reason: (plan.reason != base.reason).then(|| plan.reason.words()),
        changes: plan.fields.clone(),
        mark: plan
            .mark
            .map(|change| (change.old.map(|mark| mark.kind), change.new.map(|mark| mark.kind))),
        obstacles,
        devices: devices(
            state,
            (organization.id, tenant),
            user,
            &directory.users,
            &directory.readings,
            whole,
            now,
        )
        .await?,
        recorded: recorded.map(|recorded| Recorded {
            run: recorded.run,
            started: Moment::new(recorded.started_at, now),
            outcome: recorded.outcome,
            reason: recorded.reason.words(),
            changes: recorded.changes,
        }),
    }))
}

/// What the next run decides about the person once the guard has judged it, and what of it is held.
async fn decided(
    state: &AppState,
    directory: &Directory,
    sync: &UserSync,
    tenant: MicrosoftTenantId,
    user: DirectoryUserId,
) -> Result<(Option<PersonPlan>, Vec<HeldChange>), ApiError> {
    let together = directory.together(&state.engine, tenant).await?;
    let decision = directory.decide(&state.engine, sync, tenant, together).await?;
    let held = decision.held.iter().filter(|row| row.user == user);
    let held = held.map(|row| HeldChange {
        change: AuditChange {
            field: row.change.part().label().to_owned(),
            old: row.change.old(),
            new: row.change.new_value(),
        },
        why: row.rule.words().to_owned(),
    });
    let held = held.collect();
    Ok((
        decision.plan.people.into_iter().find(|person| person.user == user),
        held,
    ))
}

fn state_of(account: &DirectoryUser, now: &Now) -> Option<(MarkKind, Moment)> {
    let (kind, at) = match (account.deleted_at, account.disabled_at) {
        (Some(at), _) => (MarkKind::Deleted, at),
        (None, Some(at)) => (MarkKind::Disabled, at),
        (None, None) => return None,
    };
    Some((kind, Moment::new(at, now)))
}

fn section_words(answer: &SectionAnswer, filters: &Filters, groups: &HashMap<String, String>) -> SectionWords {
    let section = answer.section;
    let choice = filters.section(section);
    let is_ticked = |value: Option<&str>| match choice {
        Choice::All => true,
        Choice::Values(values) => values.iter().any(|one| match (one, value) {
            (Some(one), Some(value)) => key(one) == key(value),
            (one, value) => one.is_none() && value.is_none(),
        }),
    };
    let label = |value: Option<&str>| match (section, value) {
        (Section::Group, Some(id)) => groups
            .get(id)
            .cloned()
            .unwrap_or_else(|| label_of_missing(section, value)),
        _ => label_of_missing(section, value),
    };
    let own = |value: Option<&str>| Value {
        label: label(value),
        ticked: is_ticked(value),
    };
    SectionWords {
        section,
        verdict: answer.verdict,
        values: if answer.values.is_empty() {
            vec![own(None)]
        } else {
            answer.values.iter().map(|value| own(Some(value))).collect()
        },
        ticked: match choice {
            Choice::All => None,
            Choice::Values(values) => Some(values.iter().map(|value| label(value.as_deref())).collect()),
        },
    }
}

/// What came of looking for the address.
fn match_words(explanation: &Explanation) -> String {
    let plan = &explanation.plan;
    match (explanation.rule, plan.outcome, &plan.reason) {
        (Rule::Mapped, _, Reason::AddressKept { .. } | Reason::TakenOver { .. }) => plan.reason.words(),
        (Rule::Mapped, ..) => "The account is mapped to this End User by its id, so no address is looked for.".into(),
        (Rule::Match, Outcome::Conflict, _) => format!("Refused. {}", plan.reason.words()),
        (Rule::Match, ..) => plan.reason.words(),
        _ => "Not looked for, as an earlier rule decided.".into(),
    }
}

fn obstacles(
    organization: &OrganizationRow,
    explanation: &Explanation,
    unreadable: Option<String>,
    directory: &Directory,
) -> Vec<Obstacle> {
    let mut obstacles = vec![];
    match &organization.sync {
        UserSyncState::NotSetUp { before: false } => obstacles.push(Obstacle::NotSetUp),
        UserSyncState::NotSetUp { before: true } => obstacles.push(Obstacle::Disabled),
        UserSyncState::Attention { reason, .. } if unreadable.as_ref() != Some(reason) => {
            obstacles.push(Obstacle::Attention(reason.clone()));
        }
        _ => {}
    }
    if directory.users.is_empty() {
        obstacles.push(Obstacle::NeverRead);
    }
    obstacles.extend(unreadable.map(Obstacle::NotReadable));
    if explanation.rule == Rule::Excluded {
        obstacles.push(Obstacle::Excluded);
    }
    obstacles
}

/// Whom ids stand for.
struct People<'a> {
    end_users: &'a [EndUserState],
    accounts: &'a [DirectoryUser],
}

impl People<'_> {
    fn end_user(&self, id: EndUserId, part: &str) -> Option<Party> {
        let end_user = self.end_users.iter().find(|one| one.id == id)?;
        Some(Party::EndUser {
            id,
            name: end_user.fields.name.clone(),
            email: end_user.fields.email.clone(),
            part: part.to_owned(),
        })
    }

    fn account(&self, id: DirectoryUserId, part: &str) -> Option<Party> {
        let account = self.accounts.iter().find(|one| one.id == id)?;
        Some(Party::Account {
            id,
            name: fields::of_user(account).name,
            upn: account.upn.clone(),
            part: part.to_owned(),
        })
    }

    /// Everybody on either side of the match.
    fn parties(&self, explanation: &Explanation) -> Vec<Party> {
        let plan = &explanation.plan;
        let mut parties = vec![];
        parties.extend(
            explanation
                .mapped
                .and_then(|id| self.end_user(id, "Mapped to the account")),
        );
        match &plan.reason {
            Reason::SameAddress { .. } => {
                parties.extend(plan.end_user.and_then(|id| self.end_user(id, "Has the address")))
            }
            Reason::TakesOver { from, .. } => {
                parties.extend(plan.end_user.and_then(|id| self.end_user(id, "Has the address")));
                parties.extend(self.account(*from, "The deleted account that it is mapped to"));
            }
            Reason::TakenOver { by } => parties.extend(self.account(*by, "Takes over the End User")),
            Reason::SeveralEndUsers { end_users, .. } => {
                parties.extend(end_users.iter().filter_map(|id| self.end_user(*id, "Has the address")));
            }
            Reason::MappedToAnother { end_user, user, .. } => {
                parties.extend(self.end_user(*end_user, "Has the address"));
                parties.extend(self.account(*user, "The account that it is mapped to"));
            }
            Reason::ExcludedAddress { user, .. } => {
                parties.extend(self.account(*user, "Kept out, and had the address"));
            }
            Reason::OlderAccount { user, .. } => parties.extend(self.account(*user, "Older, with the same address")),
            Reason::AddressKept { end_user, .. } => parties.extend(self.end_user(*end_user, "Keeps the new address")),
            _ => {}
        }
        parties
    }
}
