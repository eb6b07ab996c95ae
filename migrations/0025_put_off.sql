-- A run that ended as Microsoft asked to wait for longer than a run stays for. It has neither succeeded nor failed: what it
-- had read is kept, and the next one goes on at the time that Microsoft named.
alter table run drop constraint run_state_known;
alter table run add constraint run_state_known check (state in ('running', 'succeeded', 'failed', 'put_off'));
