-- The history of one End User is read by its id.
create index run_person_by_end_user_idx on run_person (end_user_id) where end_user_id is not null;

-- Who keeps a person out, as the list of them tells.
alter table exclusion add column excluded_by text not null default '';
create index exclusion_by_name_idx on exclusion (organization_id, lower(name), directory_user_id);
