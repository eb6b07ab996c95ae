-- Search across all customers. Words compare in lower case, in the alphabet of every language: a database of the locale
-- "C" lowers ASCII alone, so the best collation that this server knows is named. Postgres 17 brings pg_c_utf8; ICU and
-- the system's C.UTF-8 come before; without any, letters beyond ASCII have to be typed as they are written.
do $$
declare
    wanted constant text[] := array['pg_c_utf8', 'und-x-icu', 'C.utf8', 'C.UTF-8'];
    best text;
begin
    select quote_ident(collname) into best from pg_catalog.pg_collation
    where collname = any (wanted) and collnamespace = 'pg_catalog'::regnamespace
      and collencoding in (-1, pg_char_to_encoding('UTF8'))
    order by array_position(wanted, collname::text) limit 1;
    execute format(
        'create function folded(words text) returns text language sql immutable strict parallel safe
             return lower(words collate %s)',
        coalesce(best, '"default"')
    );
end
$$;

-- `array_to_string` is marked as if it could change from one session to the next, which it can't for texts.
create function joined(parts text[]) returns text language sql immutable strict parallel safe
    return array_to_string(parts, ' ');

-- What a person, or their account, is found by.
create function end_user_words(name text, email text) returns text language sql immutable strict parallel safe
    return folded(name || ' ' || email);
create function directory_user_words(
    display_name text, given_name text, surname text, upn text, mail text, other_mails text[]
) returns text language sql immutable strict parallel safe
    return folded(
        display_name || ' ' || given_name || ' ' || surname || ' ' || upn || ' ' || mail || ' ' || joined(other_mails)
    );
create function device_words(name text, serial_number text) returns text language sql immutable strict parallel safe
    return folded(name || ' ' || serial_number);

-- Exact words and beginnings.
create index end_user_folded_name_idx on end_user (folded(name) text_pattern_ops);
create index end_user_folded_email_idx on end_user (folded(email) text_pattern_ops);
create index directory_user_folded_name_idx on directory_user (folded(display_name) text_pattern_ops);
create index directory_user_folded_upn_idx on directory_user (folded(upn) text_pattern_ops);
create index asset_folded_name_idx on asset (folded(name) text_pattern_ops);
create index asset_folded_serial_number_idx on asset (folded(serial_number) text_pattern_ops);
create index directory_device_folded_name_idx on directory_device (folded(device_name) text_pattern_ops);
create index directory_device_folded_serial_number_idx on directory_device (folded(serial_number) text_pattern_ops);
create index directory_device_id_idx on directory_device (id);
create index directory_user_id_idx on directory_user (id);
create index end_user_mapping_by_directory_user_idx on end_user_mapping (directory_user_id, microsoft_tenant_id);

-- What the runs recorded for one person.
create index run_person_by_directory_user_idx on run_person (directory_user_id, organization_id);

-- Words anywhere, by trigrams. The extension comes with most servers and may be created by the owner of the database,
-- but not with all: then this says why not, and a search reads whole tables. Asked at each start, so that it is made up
-- for when the extension has come.
create function create_search_indexes() returns text language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('entrain: search indexes', 0));
    if to_regclass('end_user_words_idx') is null or to_regclass('directory_user_words_idx') is null
        or to_regclass('asset_words_idx') is null or to_regclass('directory_device_words_idx') is null then
        create extension if not exists pg_trgm;
        create index if not exists end_user_words_idx on end_user using gin (end_user_words(name, email) gin_trgm_ops);
        create index if not exists directory_user_words_idx on directory_user using gin (
            directory_user_words(display_name, given_name, surname, upn, mail, other_mails) gin_trgm_ops
        );
        create index if not exists asset_words_idx on asset using gin (
            device_words(name, serial_number) gin_trgm_ops
        );
        create index if not exists directory_device_words_idx on directory_device using gin (
            device_words(device_name, serial_number) gin_trgm_ops
        );
    end if;
    return null;
exception when others then
    return sqlerrm;
end
$$;
