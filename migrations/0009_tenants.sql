-- A removed integration keeps its row: filters, retired mappings, runs and their history hang on it, and connecting the
-- same directory again revives them. Its copy of the directory is deleted.
alter table microsoft_tenant add column removed_at timestamptz;
alter table microsoft_tenant add constraint microsoft_tenant_removed_is_unmapped
    check (removed_at is null or tenant_id is null);
