//! What several processes did to the Microsoft tenants of one database, in the order of the commits.
//!
//! Triggers write it down. They are deferred, so they run when a transaction has begun its commit; each takes a lock of
//! its Microsoft tenant that lasts until the commit is done, and only then its number. Of two transactions of one
//! Microsoft tenant the one with the smaller number has therefore committed before the other one got its own: the
//! numbers are the order of the commits, and no clock is asked. Numbers of transactions that were rolled back go with
//! them.
//!
//! Noted are the beginning and the end of every run, and each transaction that stores a part of a directory, applies an
//! Organization or writes how a Microsoft tenant or a user sync stands, with the process that did it, which a setting in
//! the address of its database tells. What an Organization's part of a run writes is known by the run, all else by the
//! process alone: that a process overtakes itself is a matter of the tests of leases and of links.

use sqlx::{PgPool, prelude::FromRow};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

const TRIGGERS: &str = "
    create schema history;
    create table history.entry (
        n bigint primary key, transaction text not null, worker text not null, tenant uuid not null, kind text not null,
        run uuid, is_free boolean not null, at timestamptz not null default clock_timestamp()
    );
    create sequence history.numbers;
    create function history.note(tenant uuid, kind text, run uuid) returns void language plpgsql as $$
    begin
        -- Sessions of the test itself are no workers.
        if coalesce(current_setting('history.worker', true), '') = '' or tenant is null then
            return;
        end if;
        perform pg_advisory_xact_lock(hashtextextended(tenant::text, 0));
        insert into history.entry (n, transaction, worker, tenant, kind, run, is_free)
        values (nextval('history.numbers'), txid_current()::text, current_setting('history.worker'), tenant, kind, run,
                not exists (select 1 from run_lease l
                            where l.microsoft_tenant_id = note.tenant and l.expires_at > clock_timestamp()));
    end $$;
    create function history.run() returns trigger language plpgsql as $$
    begin
        if tg_op = 'INSERT' then
            perform history.note(new.microsoft_tenant_id, 'begin', new.id);
        elsif old.state = 'running' and new.state <> 'running' then
            perform history.note(new.microsoft_tenant_id, new.state, new.id);
        end if;
        return null;
    end $$;
    create constraint trigger history after insert or update of state on run deferrable initially deferred
        for each row execute function history.run();
    create function history.applied() returns trigger language plpgsql as $$
    begin
        perform history.note((select microsoft_tenant_id from run where id = new.run_id), 'write', new.run_id);
        return null;
    end $$;
    create constraint trigger history after insert on run_organization deferrable initially deferred
        for each row execute function history.applied();
    -- Of an Organization, or of an Asset, by the Tenant that the Microsoft tenant is mapped to.
    create function history.tenant_of(tab text, written jsonb) returns uuid language sql stable as $$
        select case
            when tab = 'microsoft_tenant' then (written->>'id')::uuid
            when written->>'microsoft_tenant_id' is not null then (written->>'microsoft_tenant_id')::uuid
            when written->>'run_id' is not null
                then (select microsoft_tenant_id from run where id = (written->>'run_id')::uuid)
            else (select m.id from organization o join microsoft_tenant m on m.tenant_id = o.tenant_id
                  where o.id = coalesce((written->>'organization_id')::uuid,
                                        (select organization_id from asset where id = (written->>'asset_id')::uuid)))
        end
    $$;
    create function history.stored() returns trigger language plpgsql as $$
    begin
        -- Once for each transaction.
        if current_setting('history.noted', true) is distinct from txid_current()::text then
            perform set_config('history.noted', txid_current()::text, true);
            perform history.note(
                history.tenant_of(tg_table_name, case tg_op when 'DELETE' then to_jsonb(old) else to_jsonb(new) end),
                'write', null);
        end if;
        return null;
    end $$;
    do $$
    declare
        tab text;
    begin
        foreach tab in array array['directory_user', 'directory_user_groups', 'directory_group',
                                   'directory_group_member', 'directory_device', 'directory_pass', 'directory_sign_in',
                                   'directory_mfa', 'subscribed_sku', 'directory_user_change', 'directory_facets',
                                   'directory_version', 'microsoft_tenant', 'microsoft_probe', 'user_sync', 'end_user',
                                   'end_user_mapping', 'run_person', 'standing_outcome', 'held_row', 'contended_field',
                                   'asset_assignment', 'asset_event'] loop
            execute format('create constraint trigger history after insert or update or delete on %I
                            deferrable initially deferred for each row execute function history.stored()', tab);
        end loop;
    end $$;";

/// Begins to take notes.
pub async fn begin(pool: &PgPool) {
    sqlx::raw_sql(TRIGGERS).execute(pool).await.unwrap();
}

/// The address of a database for one worker.
pub fn address_for(worker: &str, database: &str) -> String {
    let mut url: url::Url = database.parse().unwrap();
    url.query_pairs_mut()
        .append_pair("options", &format!("-c history.worker={worker}"));
    // A form would read a plus as a blank; whoever reads addresses does not.
    url.as_str().replace('+', "%20")
}

/// A note.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct Entry {
    pub transaction: String,
    pub worker: String,
    pub tenant: Uuid,
    /// `begin`, `write`, or the state in which a run ended.
    pub kind: String,
    pub run: Option<Uuid>,
    /// Nobody had a lease then.
    pub is_free: bool,
    /// Seconds since the first.
    pub second: f64,
}

/// All of it, in the order of the commits.
pub async fn entries(pool: &PgPool) -> Vec<Entry> {
    sqlx::query_as(
        "select transaction, worker, tenant, kind, run, is_free,
                extract(epoch from at - (select min(at) from history.entry))::float8 as second
         from history.entry order by n",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

/// What a history shows.
#[derive(Debug, Default, PartialEq)]
pub struct Findings {
    /// A run that began while another one of its Microsoft tenant had not ended.
    pub overlaps: Vec<String>,
    /// What was written for a Microsoft tenant by whom it did not belong to by then.
    pub strangers: Vec<String>,
    /// Runs that a successor found cut off.
    pub cut_off: usize,
    /// Runs that succeeded.
    pub succeeded: usize,
}

/// Reads a history. A run that finds another one cut off ends it in the transaction in which it begins, in whichever
/// order the statement does the two; where the lease is over, whoever sees it may end it. Nobody else ends a run but its own
/// process. What a transaction writes that begins or ends a run is that run's, in whichever order too.
pub fn judge(entries: &[Entry]) -> Findings {
    let mut findings = Findings::default();
    // Whose a Microsoft tenant is: the run, its process.
    let mut open: HashMap<Uuid, (Uuid, &str)> = HashMap::new();
    let begin: HashMap<&str, (Uuid, &str)> = entries
        .iter()
        .filter(|entry| entry.kind == "begin")
        .filter_map(|entry| Some((entry.transaction.as_str(), (entry.run?, entry.worker.as_str()))))
        .collect();
    // Whose the transactions were that ended a run.
    let mut ended: HashMap<&str, (Uuid, &str)> = HashMap::new();
    let ends: HashSet<(&str, Uuid)> = entries
        .iter()
        .filter(|entry| !["begin", "write"].contains(&entry.kind.as_str()))
        .filter_map(|entry| Some((entry.transaction.as_str(), entry.run?)))
        .collect();
    for entry in entries {
        let (owner, transaction) = (open.get(&entry.tenant).copied(), entry.transaction.as_str());
        match (entry.kind.as_str(), entry.run) {
            ("begin", Some(run)) => {
                if let Some((before, _)) = owner
                    && !ends.contains(&(transaction, before))
                {
                    findings
                        .overlaps
                        .push(format!("{run} began within {before}: {entry:?}"));
                }
                open.insert(entry.tenant, (run, &entry.worker));
            }
            ("write", run) => {
                let owners = [owner, begin.get(transaction).copied(), ended.get(transaction).copied()];
                let is_owners = owners
                    .into_iter()
                    .flatten()
                    .any(|(open, worker)| worker == entry.worker && run.is_none_or(|run| run == open));
                if !is_owners {
                    findings.strangers.push(format!("{owner:?} has the tenant: {entry:?}"));
                }
            }
            (state, Some(run)) => {
                findings.succeeded += usize::from(state == "succeeded");
                let by_successor = begin.contains_key(transaction);
                let by_itself = owner == Some((run, entry.worker.as_str()));
                findings.cut_off += usize::from(by_successor || (entry.is_free && !by_itself));
                if !by_successor && !by_itself && !entry.is_free {
                    findings
                        .strangers
                        .push(format!("{owner:?} has the tenant, and another ended a run: {entry:?}"));
                }
                if let Some(owner) = owner.filter(|(open, _)| *open == run) {
                    open.remove(&entry.tenant);
                    ended.insert(transaction, owner);
                }
            }
            _ => findings.strangers.push(format!("no run: {entry:?}")),
        }
    }
    findings
}

/// For how long each of these Microsoft tenants had no run that succeeded, in seconds, at the longest: from one end of
/// such a run to the next, from the first note to the first of them, and from the last of them to the last note.
pub fn longest_waits(entries: &[Entry], tenants: &[Uuid]) -> Vec<(Uuid, f64)> {
    let end = entries.last().map_or(0.0, |entry| entry.second);
    let longest = |tenant: &Uuid| {
        let of_tenant = entries
            .iter()
            .filter(|entry| entry.tenant == *tenant && entry.kind == "succeeded");
        let times = of_tenant.map(|entry| entry.second).chain([end]);
        let (longest, _) = times.fold((0.0_f64, 0.0), |(longest, last), now| (longest.max(now - last), now));
        (*tenant, longest)
    };
    tenants.iter().map(longest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A note of the transaction, the worker and the run with these numbers.
    fn entry(transaction: u8, worker: &str, kind: &str, run: Option<u128>) -> Entry {
        Entry {
            transaction: transaction.to_string(),
            worker: worker.into(),
            tenant: Uuid::nil(),
            kind: kind.into(),
            run: run.map(Uuid::from_u128),
            is_free: false,
            second: transaction.into(),
        }
    }

    #[test]
    fn a_history_of_one_run_after_the_other_and_of_one_that_was_cut_off_shows_nothing_wrong() {
        let findings = judge(&[
            entry(1, "a", "begin", Some(1)),
            entry(2, "a", "write", None),
            entry(3, "a", "write", Some(1)),
            entry(4, "a", "succeeded", Some(1)),
            entry(5, "a", "begin", Some(2)),
            entry(9, "b", "begin", Some(3)),
            entry(9, "b", "failed", Some(2)),
            entry(10, "b", "write", Some(3)),
        ]);
        let expected = Findings {
            cut_off: 1,
            succeeded: 1,
            ..Findings::default()
        };
        assert_eq!(findings, expected);
    }

    #[test]
    fn a_run_that_begins_within_another_and_a_write_of_one_that_was_taken_over_are_seen() {
        let overlap = judge(&[entry(1, "a", "begin", Some(1)), entry(2, "b", "begin", Some(2))]);
        assert_eq!(overlap.overlaps.len(), 1);
        let taken_over = [
            entry(1, "a", "begin", Some(1)),
            entry(2, "b", "failed", Some(1)),
            entry(2, "b", "begin", Some(2)),
        ];
        for late in [entry(3, "a", "write", None), entry(3, "b", "write", Some(1))] {
            let findings = judge(&[&taken_over[..], &[late]].concat());
            assert_eq!((findings.strangers.len(), findings.overlaps.len()), (1, 0));
        }
        let after_the_end = [
            entry(1, "a", "begin", Some(1)),
            entry(2, "a", "succeeded", Some(1)),
            entry(3, "a", "write", None),
        ];
        assert_eq!(judge(&after_the_end).strangers.len(), 1);
    }
    #[test]
    fn what_is_written_with_the_beginning_or_the_end_of_a_run_is_its_own() {
        let findings = judge(&[
            entry(1, "a", "write", None),
            entry(1, "a", "begin", Some(1)),
            entry(2, "a", "succeeded", Some(1)),
            entry(2, "a", "write", None),
        ]);
        assert_eq!(
            (findings.strangers.len(), findings.overlaps.len()),
            (0, 0),
            "{findings:?}"
        );
    }

    #[test]
    fn a_run_that_is_ended_by_whose_it_is_not_is_seen() {
        let begun = entry(1, "a", "begin", Some(1));
        assert_eq!(
            judge(&[begun.clone(), entry(2, "b", "failed", Some(1))])
                .strangers
                .len(),
            1
        );
        let over = Entry {
            is_free: true,
            ..entry(2, "b", "failed", Some(1))
        };
        assert_eq!(judge(&[begun.clone(), over]).cut_off, 1, "the lease was over");
        let taken_over = [
            begun,
            entry(2, "b", "begin", Some(2)),
            entry(2, "b", "failed", Some(1)),
            entry(3, "a", "succeeded", Some(1)),
        ];
        assert_eq!(judge(&taken_over).strangers.len(), 1);
    }

    #[test]
    fn a_tenant_that_starves_is_seen_whether_it_ran_before_in_between_or_never() {
        let other = Uuid::from_u128(7);
        let [mut first, mut last] = [1, 20].map(|second| entry(second, "a", "succeeded", Some(1)));
        (first.tenant, last.tenant) = (other, other);
        let history = [
            first,
            entry(3, "a", "succeeded", Some(2)),
            entry(5, "a", "failed", Some(3)),
            entry(9, "a", "succeeded", Some(4)),
            last,
        ];
        let never = Uuid::from_u128(8);
        let waits = longest_waits(&history, &[Uuid::nil(), other, never]);
        assert_eq!(waits, [(Uuid::nil(), 11.0), (other, 19.0), (never, 20.0)]);
        assert_eq!(longest_waits(&history[..4], &[Uuid::nil()]), [(Uuid::nil(), 6.0)]);
    }
}
