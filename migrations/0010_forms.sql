-- When an Organization was last written, so that a form which was opened before is told of it.
alter table organization add column updated_at timestamptz not null default now();

-- What people type and import is kept composed (NFC) from now on, and so is what stands here already: a search then
-- finds it in whatever form it is typed. Postgres composes in UTF-8 alone. Only rows that differ are written.
do $$
declare
    one record;
begin
    if getdatabaseencoding() <> 'UTF8' then
        return;
    end if;
    for one in
        select * from (values
            ('tenant', 'name'),
            ('organization', 'name'), ('organization', 'email'), ('organization', 'phone'),
            ('end_user', 'name'), ('end_user', 'email'), ('end_user', 'phone'), ('end_user', 'mobile'),
            ('end_user', 'street_address'), ('end_user', 'city'), ('end_user', 'state'), ('end_user', 'postal_code'),
            ('end_user', 'job_title'),
            ('asset', 'name'), ('asset', 'serial_number'),
            ('exclusion', 'name'), ('exclusion', 'address'),
            ('directory_user', 'display_name'), ('directory_user', 'given_name'), ('directory_user', 'surname'),
            ('directory_user', 'upn'), ('directory_user', 'mail'),
            ('directory_device', 'device_name')
        ) as kept (table_name, column_name)
    loop
        execute format(
            'update %1$I set %2$I = normalize(%2$I, nfc)'
                || ' where octet_length(%2$I) <> char_length(%2$I) and %2$I is not nfc normalized',
            one.table_name, one.column_name
        );
    end loop;
end
$$;

-- The table of End Users compares folded words as the search across customers does, so its index holds them folded.
do $$
begin
    drop index if exists end_user_table_words_idx;
    create index if not exists end_user_folded_table_words_idx on end_user
        using gin (folded(name || e'\n' || email || e'\n' || job_title) gin_trgm_ops);
exception
    when undefined_file or feature_not_supported or insufficient_privilege or undefined_object then
        raise notice 'pg_trgm is not at hand: searches are slower (%)', sqlerrm;
end
$$;
