-- When an invitation was made or last renewed, for whoever looks after it. Until now each was good for fourteen days.
alter table account_invitation add column invited_at timestamptz not null default now();
update account_invitation set invited_at = least(now(), expires_at - interval '14 days');
