-- The history of one End User is read by its id.
create index run_person_by_end_user_idx on run_person (end_user_id) where end_user_id is not null;
