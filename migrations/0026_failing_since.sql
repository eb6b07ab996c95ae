-- Since when every run has failed by Microsoft's word: failures that pass by themselves count toward the quarantine once
-- that is a day ago.
alter table microsoft_tenant add column failing_since timestamptz;
