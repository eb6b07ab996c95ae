-- A deleted account whose time of deletion is when it was missed: the recycle bin, which knows it, could not be read. Null
-- for every other.
alter table directory_user add column undated boolean;
alter table directory_user add constraint directory_user_undated_is_deleted
    check (undated is null or deleted_at is not null);
create index directory_user_undated_idx on directory_user (microsoft_tenant_id) where undated;

-- A run that is taken back is deleted, and what is held by it with it; nothing of it was held, which took the whole table
-- to find out.
create index held_row_run_id_idx on held_row (run_id);
