-- For departments that ask for it, notices are signed so that a third party can tell who signed (Standard Webhooks 1.0, `v1a`): the private
-- key sealed, the public one as it was given. As with the secret, the one before signs too while the department changes over.
alter table endpoint add column signing_key_sealed bytea;
alter table endpoint add column public_key text;
alter table endpoint add column previous_signing_key_sealed bytea;
alter table endpoint add constraint endpoint_key_pair check ((signing_key_sealed is null) = (public_key is null));
