-- owner: features/tasks
-- Work to do: a gap that a rule found, or something a person noted. The head never changes; events tell the story.
create table task (
  org_id text not null references organization,
  id text not null check (id ~ '^tsk_[0-9a-z]{26}$'),
  -- What the rule found, so that it finds the same task again: ineffective_control:IAM-02. Null: noted by a person.
  rule_key text,
  type text not null check (type in ('missing_policy', 'missing_control', 'unmapped_criterion', 'ineffective_control',
    'lacking_documentation', 'unmitigated_risk', 'other')),
  title text not null check (length(title) between 1 and 300),
  control_id text,
  criterion_id text,
  policy_id text,
  detected_by text not null,
  recorded_at timestamptz not null default recorded_now(),
  primary key (org_id, id),
  unique (org_id, rule_key)
);
call fence('task');
call append_only('task');
create index task_control on task (org_id, control_id) where control_id is not null;
grant select, insert on task to assay_app;

-- The task as it stands after each act. The last event holds; all stay.
create table task_event (
  org_id text not null,
  task_id text not null,
  n int not null check (n >= 1),
  state text not null check (state in ('open', 'planned', 'in_progress', 'ready_for_verification', 'verified', 'closed', 'accepted')),
  severity text not null check (severity in ('critical', 'high', 'medium', 'low')),
  owner text,
  due_on date not null,
  -- What is wrong, in words; of a rule, its findings of that moment.
  finding text not null check (length(finding) between 1 and 4000),
  remediation text not null check (length(remediation) between 1 and 4000),
  compensating_control text,
  accepted_until date,
  because text not null check (length(because) between 1 and 2000),
  acted_by text not null,
  recorded_at timestamptz not null default recorded_now(),
  manifest text not null,
  primary key (org_id, task_id, n),
  foreign key (org_id, task_id) references task (org_id, id),
  foreign key (org_id, manifest) references ledger_manifest (org_id, sha256),
  check ((state = 'accepted') = (accepted_until is not null))
);
call fence('task_event');
call append_only('task_event');
grant select, insert on task_event to assay_app;

grant select on task, task_event to assay_backup;
