-- Persons, organizations, deals, leads, projects, and how conversations belong to them.
-- Names of people and items are stored as they were given and made safe where they are shown.

CREATE TABLE users (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT NOT NULL,
    email       TEXT NOT NULL DEFAULT '',
    is_admin    INTEGER NOT NULL DEFAULT 0,
    is_self     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX users_self ON users(is_self) WHERE is_self = 1;
INSERT INTO users(id, name, is_self) VALUES (1, 'me', 1);

CREATE TABLE organizations (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT NOT NULL,
    address     TEXT NOT NULL DEFAULT '',
    owner_id    INTEGER NOT NULL DEFAULT 1 REFERENCES users(id),
    visible_to  INTEGER NOT NULL DEFAULT 3,        -- 1 owner, 3 everyone (B33)
    custom      TEXT NOT NULL DEFAULT '{}',        -- JSON: values of custom_fields by key
    remote_id   TEXT NOT NULL DEFAULT '',
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX organizations_name ON organizations(name COLLATE NOCASE, id);
CREATE INDEX organizations_remote ON organizations(remote_id) WHERE remote_id <> '';

CREATE TABLE organization_domains (
    domain           TEXT NOT NULL,                -- lower case, ASCII form
    organization_id  INTEGER NOT NULL REFERENCES organizations(id),
    PRIMARY KEY (domain, organization_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX organization_domains_of ON organization_domains(organization_id);

CREATE TABLE persons (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    name             TEXT NOT NULL,
    first_name       TEXT NOT NULL DEFAULT '',
    last_name        TEXT NOT NULL DEFAULT '',
    job_title        TEXT NOT NULL DEFAULT '',
    organization_id  INTEGER REFERENCES organizations(id),
    owner_id         INTEGER NOT NULL DEFAULT 1 REFERENCES users(id),
    visible_to       INTEGER NOT NULL DEFAULT 3,
    custom           TEXT NOT NULL DEFAULT '{}',
    remote_id        TEXT NOT NULL DEFAULT '',
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL
) STRICT;
CREATE INDEX persons_name ON persons(name COLLATE NOCASE, id);
CREATE INDEX persons_organization ON persons(organization_id) WHERE organization_id IS NOT NULL;
CREATE INDEX persons_remote ON persons(remote_id) WHERE remote_id <> '';

-- Not unique over persons: two may share an address, and both are shown (R45).
CREATE TABLE person_addresses (
    person_id         INTEGER NOT NULL REFERENCES persons(id),
    position          INTEGER NOT NULL,            -- 0 is the primary one
    address           TEXT NOT NULL,               -- comparison key
    correspondent_id  INTEGER NOT NULL REFERENCES correspondents(id),
    label             TEXT NOT NULL DEFAULT '',
    since             INTEGER NOT NULL,            -- known to be theirs from this time on (R50)
    PRIMARY KEY (person_id, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_addresses_address ON person_addresses(address);
CREATE INDEX person_addresses_correspondent ON person_addresses(correspondent_id, person_id, since);

CREATE TABLE person_phones (
    person_id  INTEGER NOT NULL REFERENCES persons(id),
    position   INTEGER NOT NULL,
    number     TEXT NOT NULL,
    label      TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (person_id, position)
) STRICT, WITHOUT ROWID;

-- Kept by the fold: the conversations in which a person takes part and that are to be shown.
CREATE TABLE person_conversations (
    person_id        INTEGER NOT NULL,
    conversation_id  INTEGER NOT NULL,
    PRIMARY KEY (person_id, conversation_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_conversations_of ON person_conversations(conversation_id);

-- Conversations whose derived rows are to be folded again, in transactions of their own.
CREATE TABLE refold (
    conversation_id  INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE pipelines (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    name      TEXT NOT NULL,
    position  INTEGER NOT NULL DEFAULT 0           -- the lowest is the default
) STRICT;

CREATE TABLE stages (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    pipeline_id  INTEGER NOT NULL REFERENCES pipelines(id),
    name         TEXT NOT NULL,
    position     INTEGER NOT NULL DEFAULT 0,
    probability  INTEGER NOT NULL DEFAULT 100,
    rotten_days  INTEGER                           -- quiet for longer is rotten; NULL: never
) STRICT;
CREATE INDEX stages_pipeline ON stages(pipeline_id, position);

CREATE TABLE deals (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    title            TEXT NOT NULL,
    person_id        INTEGER REFERENCES persons(id),
    organization_id  INTEGER REFERENCES organizations(id),
    owner_id         INTEGER NOT NULL DEFAULT 1 REFERENCES users(id),
    stage_id         INTEGER NOT NULL REFERENCES stages(id),
    value            INTEGER NOT NULL DEFAULT 0,   -- minor units of the currency
    currency         TEXT NOT NULL DEFAULT 'EUR',  -- ISO 4217
    status           TEXT NOT NULL DEFAULT 'open', -- open won lost
    expected_close   TEXT NOT NULL DEFAULT '',     -- ISO date or empty
    stage_changed_at INTEGER NOT NULL,
    closed_at        INTEGER,
    lost_reason      TEXT NOT NULL DEFAULT '',
    source_lead_id   INTEGER,
    visible_to       INTEGER NOT NULL DEFAULT 3,
    custom           TEXT NOT NULL DEFAULT '{}',
    remote_id        TEXT NOT NULL DEFAULT '',
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL
) STRICT;
CREATE INDEX deals_stage ON deals(stage_id, stage_changed_at) WHERE status = 'open';
CREATE INDEX deals_totals ON deals(stage_id, currency, value) WHERE status = 'open';
CREATE INDEX deals_title ON deals(title COLLATE NOCASE, id);
CREATE INDEX deals_person ON deals(person_id) WHERE person_id IS NOT NULL;
CREATE INDEX deals_organization ON deals(organization_id) WHERE organization_id IS NOT NULL;
CREATE INDEX deals_remote ON deals(remote_id) WHERE remote_id <> '';

CREATE TABLE leads (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    title            TEXT NOT NULL,
    person_id        INTEGER REFERENCES persons(id),
    organization_id  INTEGER REFERENCES organizations(id),
    owner_id         INTEGER NOT NULL DEFAULT 1 REFERENCES users(id),
    value            INTEGER NOT NULL DEFAULT 0,
    currency         TEXT NOT NULL DEFAULT 'EUR',
    expected_close   TEXT NOT NULL DEFAULT '',
    source           TEXT NOT NULL DEFAULT '',
    status           TEXT NOT NULL DEFAULT 'open', -- open archived converted
    closed_at        INTEGER,
    deal_id          INTEGER,                      -- the deal it became
    visible_to       INTEGER NOT NULL DEFAULT 3,
    custom           TEXT NOT NULL DEFAULT '{}',
    remote_id        TEXT NOT NULL DEFAULT '',
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL
) STRICT;
CREATE INDEX leads_title ON leads(title COLLATE NOCASE, id);
CREATE INDEX leads_person ON leads(person_id) WHERE person_id IS NOT NULL;
CREATE INDEX leads_organization ON leads(organization_id) WHERE organization_id IS NOT NULL;
CREATE INDEX leads_remote ON leads(remote_id) WHERE remote_id <> '';

CREATE TABLE boards (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    name      TEXT NOT NULL,
    position  INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE phases (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    board_id  INTEGER NOT NULL REFERENCES boards(id),
    name      TEXT NOT NULL,
    position  INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX phases_board ON phases(board_id, position);

CREATE TABLE projects (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    title            TEXT NOT NULL,
    description      TEXT NOT NULL DEFAULT '',
    person_id        INTEGER REFERENCES persons(id),
    organization_id  INTEGER REFERENCES organizations(id),
    owner_id         INTEGER NOT NULL DEFAULT 1 REFERENCES users(id),
    phase_id         INTEGER NOT NULL REFERENCES phases(id),
    status           TEXT NOT NULL DEFAULT 'open', -- open completed canceled
    start_date       TEXT NOT NULL DEFAULT '',
    end_date         TEXT NOT NULL DEFAULT '',
    closed_at        INTEGER,
    visible_to       INTEGER NOT NULL DEFAULT 3,
    custom           TEXT NOT NULL DEFAULT '{}',
    remote_id        TEXT NOT NULL DEFAULT '',
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL
) STRICT;
CREATE INDEX projects_title ON projects(title COLLATE NOCASE, id);
CREATE INDEX projects_person ON projects(person_id) WHERE person_id IS NOT NULL;
CREATE INDEX projects_organization ON projects(organization_id) WHERE organization_id IS NOT NULL;
CREATE INDEX projects_remote ON projects(remote_id) WHERE remote_id <> '';

CREATE TABLE project_deals (
    project_id  INTEGER NOT NULL REFERENCES projects(id),
    deal_id     INTEGER NOT NULL REFERENCES deals(id),
    PRIMARY KEY (project_id, deal_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX project_deals_deal ON project_deals(deal_id);

-- Everybody of a deal, lead or project, the main person too: the way from a mail to its items.
CREATE TABLE item_people (
    person_id  INTEGER NOT NULL REFERENCES persons(id),
    kind       TEXT NOT NULL,                      -- deal lead project
    item_id    INTEGER NOT NULL,
    since      INTEGER NOT NULL,                   -- both the item and their part in it (R50)
    until      INTEGER,                            -- the item was closed then; NULL: open (R49)
    PRIMARY KEY (person_id, kind, item_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_people_item ON item_people(kind, item_id);

CREATE TABLE activities (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    subject          TEXT NOT NULL,
    type             TEXT NOT NULL DEFAULT 'task', -- task call meeting deadline email lunch
    due_date         TEXT NOT NULL DEFAULT '',     -- ISO date or empty
    due_time         TEXT NOT NULL DEFAULT '',     -- HH:MM or empty
    duration         INTEGER NOT NULL DEFAULT 0,   -- minutes
    done_at          INTEGER,
    note             TEXT NOT NULL DEFAULT '',
    owner_id         INTEGER NOT NULL DEFAULT 1 REFERENCES users(id),
    kind             TEXT NOT NULL DEFAULT '',     -- deal lead project, or empty
    item_id          INTEGER NOT NULL DEFAULT 0,
    person_id        INTEGER REFERENCES persons(id),
    organization_id  INTEGER REFERENCES organizations(id),
    remote_id        TEXT NOT NULL DEFAULT '',
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL
) STRICT;
CREATE INDEX activities_open ON activities(kind, item_id, due_date, due_time) WHERE done_at IS NULL;
CREATE INDEX activities_item ON activities(kind, item_id);
CREATE INDEX activities_person ON activities(person_id) WHERE person_id IS NOT NULL;
CREATE INDEX activities_organization ON activities(organization_id)
    WHERE organization_id IS NOT NULL;
CREATE INDEX activities_due ON activities(due_date, due_time) WHERE done_at IS NULL;

CREATE TABLE notes (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL,                     -- person organization deal lead project
    record_id   INTEGER NOT NULL,
    text        TEXT NOT NULL,
    author_id   INTEGER NOT NULL DEFAULT 1 REFERENCES users(id),
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX notes_record ON notes(kind, record_id, created_at);

CREATE TABLE labels (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    scope  TEXT NOT NULL,                          -- person organization deal lead project mail
    name   TEXT NOT NULL,
    color  TEXT NOT NULL DEFAULT '',
    UNIQUE (scope, name)
) STRICT;

CREATE TABLE labels_of (
    label_id   INTEGER NOT NULL REFERENCES labels(id),
    kind       TEXT NOT NULL,
    record_id  INTEGER NOT NULL,
    PRIMARY KEY (kind, record_id, label_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX labels_of_label ON labels_of(label_id);

CREATE TABLE custom_fields (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    kind      TEXT NOT NULL,
    key       TEXT NOT NULL,
    name      TEXT NOT NULL,
    type      TEXT NOT NULL DEFAULT 'text',        -- text number date choice
    choices   TEXT NOT NULL DEFAULT '[]',
    position  INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, key)
) STRICT;

-- Conversation to item (R51): at most one live primary link each.
CREATE TABLE links (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id  INTEGER NOT NULL REFERENCES conversations(id),
    kind             TEXT NOT NULL,                -- deal lead project
    item_id          INTEGER NOT NULL,
    role             TEXT NOT NULL DEFAULT 'primary',  -- primary secondary
    source           TEXT NOT NULL,                -- auto manual bcc import
    rule             TEXT NOT NULL DEFAULT '',
    address          TEXT NOT NULL DEFAULT '',     -- the address that led to it
    evidence_at      INTEGER NOT NULL DEFAULT 0,   -- time of the mail that decided
    by               TEXT NOT NULL DEFAULT '',
    at               INTEGER NOT NULL,
    removed_at       INTEGER,
    removed_by       TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX links_primary ON links(conversation_id)
    WHERE removed_at IS NULL AND role = 'primary';
CREATE UNIQUE INDEX links_live ON links(conversation_id, kind, item_id) WHERE removed_at IS NULL;
CREATE INDEX links_conversation ON links(conversation_id);
CREATE INDEX links_item ON links(kind, item_id) WHERE removed_at IS NULL;
CREATE INDEX links_recent ON links(at) WHERE removed_at IS NULL AND source = 'manual';

CREATE TABLE link_candidates (
    conversation_id  INTEGER NOT NULL REFERENCES conversations(id),
    kind             TEXT NOT NULL,
    item_id          INTEGER NOT NULL,
    address          TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (conversation_id, kind, item_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX link_candidates_item ON link_candidates(kind, item_id);

-- Who is kept out (R28). A domain covers its sub-domains.
CREATE TABLE blocked (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id   INTEGER REFERENCES accounts(id),  -- NULL: all accounts
    kind         TEXT NOT NULL,                    -- address domain
    value        TEXT NOT NULL,
    by           TEXT NOT NULL DEFAULT '',
    created_at   INTEGER NOT NULL,
    hits         INTEGER NOT NULL DEFAULT 0,
    last_hit_at  INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX blocked_value ON blocked(kind, value, coalesce(account_id, 0));

ALTER TABLE conversations ADD COLUMN shown INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN link_state TEXT NOT NULL DEFAULT 'none';
ALTER TABLE conversations ADD COLUMN link_kind TEXT NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN link_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN visibility TEXT;
ALTER TABLE conversations ADD COLUMN shared INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN apart INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN keep_linked INTEGER NOT NULL DEFAULT 1;
ALTER TABLE messages ADD COLUMN auto_link INTEGER NOT NULL DEFAULT 0;
UPDATE conversations SET shown = messages
    WHERE id IN (SELECT conversation_id FROM listing WHERE view_id = 11);
CREATE INDEX messages_screened ON messages(screened_by) WHERE screened_by IS NOT NULL;
CREATE INDEX messages_shared ON messages(conversation_id) WHERE visibility = 'shared';

-- Names for pickers; store.names keeps the index in step with the table.
CREATE TABLE record_names (
    key   INTEGER PRIMARY KEY,
    kind  TEXT NOT NULL,
    id    INTEGER NOT NULL,
    text  TEXT NOT NULL,
    UNIQUE (kind, id)
) STRICT;
CREATE VIRTUAL TABLE fts_records USING fts5(
    kind, text, content='record_names', content_rowid='key', prefix='1 2 3',
    tokenize="unicode61 remove_diacritics 2"
);

INSERT INTO pipelines(id, name) VALUES (1, 'Sales');
INSERT INTO stages(pipeline_id, name, position, probability, rotten_days) VALUES
    (1, 'Qualified', 0, 20, 14),
    (1, 'Contact made', 1, 40, 14),
    (1, 'Proposal sent', 2, 60, 10),
    (1, 'Negotiation', 3, 80, 7);
INSERT INTO boards(id, name) VALUES (1, 'Projects');
INSERT INTO phases(board_id, name, position) VALUES
    (1, 'Kick-off', 0), (1, 'In progress', 1), (1, 'Review', 2), (1, 'Done', 3);
