//! The rows. Read it as prose: what is done, where it is kept, who may.
//!
//! `by` names the roles as people are told them; empty means anyone who is
//! signed in, for their own things. `policy/` decides.

use super::field::{Hidden, List};
use crate::Timestamp;

acts! {
    // People and bodies
    /// Register an organisation: a hospital, an institute, a company.
    OrganisationRegister = "organisation" "register" in Root on Region weighs Duty by [Operator] {
        /// short name used in commands
        alias: String,
        /// legal name
        name: String,
    }
    /// Show organisations.
    OrganisationShow = "organisation" "show" in Root on Region weighs View by [] {
        /// only this one
        organisation: Option<String>,
    }
    /// Open a tenant for an organisation that is the data controller.
    TenantOpen = "tenant" "open" in Root on Region weighs Duty by [Operator] {
        /// short name used in commands
        alias: String,
        /// full name
        name: String,
        /// organisation that is the controller
        organisation: String,
    }
    /// Show tenants.
    TenantShow = "tenant" "show" in Root on Region weighs View by [] {
        /// only this one
        tenant: Option<String>,
    }
    /// Enrol a person, with their public key if they have one.
    PersonEnrol = "person" "enrol" in Root on Organisation weighs Duty by [Operator, Signatory] {
        /// short name used in commands
        alias: String,
        /// name as written in agreements
        name: String,
        /// e-mail address
        email: String,
        /// organisation they belong to
        organisation: String,
        /// public key, as `epic key-pair show` prints it; left out, they come in by an identity provider alone
        key: Option<String>,
    }
    /// Suspend a person: every credential stops at once.
    PersonSuspend = "person" "suspend" in Root on Person weighs Duty by [Operator, Signatory] {
        /// whom
        person: String,
        /// why
        reason: String,
    }
    /// Let a suspended person back.
    PersonResume = "person" "resume" in Root on Person weighs Duty by [Operator, Signatory] {
        /// whom
        person: String,
    }
    /// Show persons you may know of.
    PersonShow = "person" "show" in Root on Region weighs View by [] {
        /// only this one
        person: Option<String>,
    }
    /// Say under which name an identity provider knows a person.
    PersonLink = "person" "link" in Root on Person weighs Duty by [Operator, Signatory] {
        /// whom
        person: String,
        /// the identity provider
        issuer: String,
        /// the name in its tokens (sub)
        name: String,
    }
    /// Take that name away: the sessions it opened end.
    PersonUnlink = "person" "unlink" in Root on Person weighs Duty by [Operator, Signatory] {
        /// whom
        person: String,
        /// the identity provider
        issuer: String,
        /// the name in its tokens (sub)
        name: String,
    }
    /// End every session of a person, your own too: they sign in again.
    PersonRecall = "person" "recall" in Root on Person weighs Duty by [Operator, Signatory] {
        /// whom
        person: String,
    }
    /// Say where notices reach you: by e-mail, by a webhook, by both or not at all.
    PersonReach = "person" "reach" in Root on Person weighs Duty by [] {
        /// `on` or `off`; to the address you were enrolled with
        mail: Option<String>,
        /// address that takes them: `https://…`; `off` for none
        webhook: Option<String>,
    }
    /// Note that a person was trained to work with sensitive data; without it nobody works at tiers 2 and 3.
    PersonTrain = "person" "train" in Root on Person weighs Duty by [Signatory] {
        /// whom
        person: String,
        /// the training: its name, or that of its certificate
        course: String,
        /// last moment that it counts
        ends: Timestamp,
    }
    /// Note that a person was instructed how a project's data may be processed (GDPR Art. 29); without it nobody works at tiers 2 and 3.
    PersonInstruct = "person" "instruct" in Root on Project weighs Duty by [Controller] {
        /// whom
        person: String,
        /// the project
        project: String,
        /// last moment that it counts
        ends: Timestamp,
    }
    /// Give a person a role in the region, an organisation, a tenant or a project.
    RoleGrant = "role" "grant" in Root on Role weighs Duty by [Operator, Signatory, Controller] {
        /// to whom
        person: String,
        /// operator, auditor, custodian, signatory, steward, controller, researcher, reviewer or delegate
        role: String,
        /// the organisation, tenant or project; left out for roles of the region
        at: Option<String>,
    }
    /// Take a role away.
    RoleRevoke = "role" "revoke" in Root on Role weighs Duty by [Operator, Signatory, Controller] {
        /// from whom
        person: String,
        /// which
        role: String,
        /// the organisation, tenant or project
        at: Option<String>,
    }
    /// Give the role of researcher in a project to everybody an identity provider counts among a group.
    RoleMap = "role" "map" in Root on Role weighs Duty by [Controller] {
        /// whose word counts
        issuer: String,
        /// the group, as its tokens name it: `/planet/researchers`
        group: String,
        /// the project
        at: String,
    }
    /// Take that back: who was in by the group alone is out at once.
    RoleUnmap = "role" "unmap" in Root on Role weighs Duty by [Controller] {
        /// whose word counted
        issuer: String,
        /// the group
        group: String,
        /// the project
        at: String,
    }

    // Identity providers: whose word tells who somebody is
    /// Trust an identity provider; its word counts for persons of an organisation once that organisation adopts it.
    IssuerTrust = "issuer" "trust" in Root on Region weighs Duty by [Operator] {
        /// short name used in commands
        alias: String,
        /// its address, as its tokens name it: `https://iam.example.org/`
        url: String,
        /// what its tokens must be made out for, several times
        audiences: List,
        /// claim that holds a person's short name here; left out, persons are linked one by one
        claim: Option<String>,
        /// claim that holds groups, as `groups` or `wlcg.groups`
        groups: Option<String>,
        /// values of `amr` or `acr` that stand for a second factor, several times
        factors: List,
        /// name of the console at the provider (client id), one of the audiences; left out, nobody signs in there by browser
        client: Option<String>,
        /// what the console proves itself with at the provider (client secret); left out where it needs none
        secret: Option<Hidden>,
        /// longest session in seconds, 60 to 43200; 3600 where left out
        seconds: Option<u64>,
    }
    /// Trust an identity provider no longer: every session that it opened ends.
    IssuerDistrust = "issuer" "distrust" in Root on Region weighs Duty by [Operator] {
        /// which
        issuer: String,
        /// why
        reason: String,
    }
    /// Let a trusted identity provider speak for the persons of your organisation.
    IssuerAdopt = "issuer" "adopt" in Root on Organisation weighs Duty by [Signatory] {
        /// which
        issuer: String,
        /// the organisation you sign for
        organisation: String,
        /// digest of what it is read by, as `epic issuer show` prints it
        terms: String,
    }
    /// Let an identity provider speak for your organisation's persons no longer: their sessions end.
    IssuerLeave = "issuer" "leave" in Root on Organisation weighs Duty by [Signatory] {
        /// which
        issuer: String,
        /// the organisation you sign for
        organisation: String,
    }
    /// Show identity providers: whom they speak for, what they are asked.
    IssuerShow = "issuer" "show" in Root on Region weighs View by [] {
        /// only this one
        issuer: Option<String>,
    }

    // Accounts: signing in at the region itself, and other programs whose people do
    /// Invite a person to sign in here: the code that comes back works once, for whoever has it.
    AccountInvite = "account" "invite" in Root on Person weighs Duty by [Operator, Signatory] {
        /// whom
        person: String,
    }
    /// Let a person who has lost their ways in make new ones: half of a code; somebody else gives the other half.
    AccountRecover = "account" "recover" in Root on Person weighs Duty by [Signatory] {
        /// whom
        person: String,
    }
    /// Give the other half, after you have spoken with the person yourself.
    AccountApprove = "account" "approve" in Root on Person weighs Duty by [Operator, Signatory] {
        /// whom
        person: String,
    }
    /// Set your password and the app that makes codes.
    AccountPassword = "account" "password" in Root on Person weighs Duty by [] {
        /// twelve characters or more; several words are best
        password: Hidden,
        /// the key that the app holds, 32 letters and digits (base32)
        app_key: Hidden,
        /// what the app shows now
        app_code: Hidden,
        /// the code of an invitation or a recovery, for whoever is not signed in
        code: Option<Hidden>,
        /// the other half of a recovery's code
        approval: Option<Hidden>,
        /// what proving who you are once more answered, for whoever is signed in and has a way in here
        proof: Option<Hidden>,
    }
    /// Add a passkey: this device, a phone or a security key.
    AccountPasskey = "account" "passkey" in Root on Person weighs Duty by [] {
        /// what you will know it by: `my phone`
        label: String,
        /// what the browser made, in JSON
        made: String,
        /// the code of an invitation or a recovery, for whoever is not signed in
        code: Option<Hidden>,
        /// the other half of a recovery's code
        approval: Option<Hidden>,
        /// what proving who you are once more answered, for whoever is signed in and has a way in here
        proof: Option<Hidden>,
    }
    /// Take one of your ways in away, and end your sessions.
    AccountDrop = "account" "drop" in Root on Person weighs Duty by [] {
        /// `password`, or the name of a passkey
        way: String,
        /// what proving who you are once more answered, for whoever is signed in and has a way in here
        proof: Option<Hidden>,
    }
    /// Note that somebody has signed in here, by what, and for which program.
    AccountEnter = "account" "enter" in Root on Person weighs Duty by [] {
        /// the program
        client: String,
        /// `password` or `passkey`
        way: String,
    }
    /// Show how persons sign in here: which ways they have, and what waits.
    AccountShow = "account" "show" in Root on Region weighs View by [] {
        /// only this one's
        account: Option<String>,
    }
    /// Let another program's people sign in here: JupyterHub, a science gateway.
    ClientRegister = "client" "register" in Root on Region weighs Duty by [Operator] {
        /// its name in sign-ins (client_id)
        alias: String,
        /// where people come back to after signing in, to the letter, several times
        returns: List,
        /// `secret` for a program on a server, `public` for one that can keep none, `s3` for such a one whose people's sign-ins open sessions at S3
        kind: String,
    }
    /// Let it no more.
    ClientRemove = "client" "remove" in Root on Region weighs Duty by [Operator] {
        /// which program
        client: String,
    }
    /// Show which programs' people sign in here.
    ClientShow = "client" "show" in Root on Region weighs View by [Operator, Auditor] {
        /// only this one
        client: Option<String>,
    }
    /// Sign in for a while at the doors of acts, in the place where you ask.
    SessionOpen = "session" "open" in Root on Region weighs Duty by [] {
        /// how long, 60 to 43200; 3600 where left out, and never longer than what you signed in with
        seconds: Option<u64>,
    }
    /// Begin a session in one project: a temporary credential, in the place where you ask.
    SessionBegin = "session" "begin" in Root on Project weighs Duty by [] {
        /// project it reaches
        project: String,
        /// how long, 60 to 43200; 3600 where left out, and never longer than what you signed in with
        seconds: Option<u64>,
    }

    // Agreements
    /// Draft a data processing agreement for one provider's data in a project.
    AgreementDraft = "agreement" "draft" in Root on Project weighs Duty by [Controller, Signatory] {
        /// short name used in commands
        alias: String,
        /// project it is for
        project: String,
        /// organisation whose data it covers
        provider: String,
        /// organisations that must sign, besides the provider and the controller
        parties: List,
        /// stated use of the data (GDPR Art. 5(1)(b))
        purpose: String,
        /// kinds of data: clinical, genomic, imaging ...
        categories: List,
        /// iaas, paas or saas
        service_model: String,
        /// sites where data may lie
        places: List,
        /// further processors
        sub_processors: List,
        /// days the data must be kept; 0 for none
        retention_days: u64,
        /// studies that snapshots of the data may be made for, by their project's id
        onward: List,
        /// first moment
        starts: Timestamp,
        /// last moment
        ends: Timestamp,
    }
    /// Offer a draft to its parties; its terms are fixed from here on.
    AgreementOffer = "agreement" "offer" in Root on Agreement weighs Duty by [Controller, Signatory] {
        /// which
        agreement: String,
    }
    /// Sign an agreement for one party, over the digest of its terms.
    AgreementSign = "agreement" "sign" in Root on Agreement weighs Duty by [Signatory] {
        /// which
        agreement: String,
        /// the organisation you sign for
        party: String,
        /// digest of the terms, as `epic agreement show` prints it
        digest: String,
    }
    /// Lodge what a party signed outside: the agreement's PDF with a signature in it (PAdES), or its .p7m (CAdES).
    AgreementLodge = "agreement" "lodge" in Root on Agreement weighs Duty carries Upload by [Signatory] {
        /// which
        agreement: String,
        /// the organisation that signed
        party: String,
    }
    /// Lodge the scan of what a party signed on paper; it counts once a second person has attested it.
    AgreementScan = "agreement" "scan" in Root on Agreement weighs Duty carries Upload by [Signatory] {
        /// which
        agreement: String,
        /// the organisation that signed
        party: String,
    }
    /// Attest that a scan is that of the paper which you have seen, and that the party signed it.
    AgreementAttest = "agreement" "attest" in Root on Agreement weighs Duty by [Signatory, Controller] {
        /// which
        agreement: String,
        /// the organisation that signed
        party: String,
        /// SHA-256 of the scan, as `epic agreement show` prints it
        scan: String,
    }
    /// Take an agreement as a PDF, in both languages, to read and to sign; or what a party lodged.
    AgreementDocument = "agreement" "document" in Root on Agreement weighs Access carries Download by [] {
        /// which
        agreement: String,
        /// what this organisation lodged; left out, the document that all sign
        party: Option<String>,
    }
    /// Suspend an agreement for your side: no data may be written until every side has lifted its stop.
    AgreementSuspend = "agreement" "suspend" in Root on Agreement weighs Duty by [Signatory, Controller] {
        /// which
        agreement: String,
        /// why
        reason: String,
    }
    /// Lift your side's stop of a suspended agreement.
    AgreementResume = "agreement" "resume" in Root on Agreement weighs Duty by [Signatory, Controller] {
        /// which
        agreement: String,
    }
    /// End an agreement now.
    AgreementEnd = "agreement" "end" in Root on Agreement weighs Duty by [Signatory, Controller] {
        /// which
        agreement: String,
        /// why
        reason: String,
    }
    /// Show agreements you are a party to, their state and who is still to sign.
    AgreementShow = "agreement" "show" in Root on Region weighs View by [] {
        /// only this one
        agreement: Option<String>,
    }

    // Authorities: whose certificates count for what is signed outside
    /// Trust a certification authority: signatures under its certificates count when they are lodged.
    AuthorityTrust = "authority" "trust" in Root on Region weighs Duty by [Operator] {
        /// short name used in commands
        alias: String,
        /// its certificate, as PEM
        certificate: String,
    }
    /// Bring the list of certificates that an authority has revoked; it takes the place of the one before.
    AuthorityUpdate = "authority" "update" in Root on Region weighs Duty carries Upload by [Operator] {
        /// which
        authority: String,
    }
    /// Trust it no longer; what was lodged before stands.
    AuthorityDistrust = "authority" "distrust" in Root on Region weighs Duty by [Operator] {
        /// which
        authority: String,
        /// why
        reason: String,
    }
    /// Show which certification authorities are trusted.
    AuthorityShow = "authority" "show" in Root on Region weighs View by [] {
        /// only this one
        authority: Option<String>,
    }

    // Projects
    /// Open a project of a tenant: one purpose, its own cell, its own keys.
    ProjectOpen = "project" "open" in Root on Tenant weighs Duty by [Controller] {
        /// short name used in commands
        alias: String,
        /// tenant it belongs to
        tenant: String,
        /// 0 open, 1 anonymised, 2 pseudonymised, 3 identifiable or genomic
        tier: u64,
        /// test or production
        environment: String,
        /// the use it may process for
        purpose: String,
    }
    /// Raise a project's tier at any time, or lower it while it holds no data and no agreement was signed for more.
    ProjectClassify = "project" "classify" in Root on Project weighs Duty by [Controller] {
        /// which
        project: String,
        /// 0 to 3
        tier: u64,
    }
    /// Set how much a project may hold, versions and unfinished uploads included; neither given: as much as there is room for.
    ProjectQuota = "project" "quota" in Root on Project weighs Duty by [Operator] {
        /// which
        project: String,
        /// bytes, as they were sent
        bytes: Option<u64>,
        /// objects: every version counts
        objects: Option<u64>,
    }
    /// Tell everybody in the public register what a project uses data for, in words for those whose data they are.
    ProjectPublish = "project" "publish" in Root on Project weighs Duty by [Controller] {
        /// which
        project: String,
        /// what it is for, in Italian
        italian: String,
        /// the same in English
        english: String,
    }
    /// Take a project out of the public register; what was told stands in the ledger.
    ProjectConceal = "project" "conceal" in Root on Project weighs Duty by [Controller] {
        /// which
        project: String,
        /// why
        reason: String,
    }
    /// Halt a project: nothing is read or written until it is resumed.
    ProjectHalt = "project" "halt" in Root on Project weighs Duty by [Controller, Operator] {
        /// which
        project: String,
        /// why
        reason: String,
    }
    /// Resume a halted project.
    ProjectResume = "project" "resume" in Root on Project weighs Duty by [Controller] {
        /// which
        project: String,
    }
    /// Show projects you are part of.
    ProjectShow = "project" "show" in Root on Region weighs View by [] {
        /// only this one
        project: Option<String>,
    }

    // Permits
    /// Ask for a permit: persons, datasets, purpose, dates.
    PermitRequest = "permit" "request" in Root on Project weighs Duty by [Researcher] {
        /// short name used in commands
        alias: String,
        /// project
        project: String,
        /// persons who will work
        persons: List,
        /// buckets they will read; none means all of the project
        buckets: List,
        /// the stated use
        purpose: String,
        /// article and law, as `GDPR Art. 9(2)(j)`
        legal_basis: String,
        /// ethics committee's opinion
        ethics: Option<String>,
        /// what those whose data they are have consented to
        consent: Option<String>,
        /// another project whose data are asked for: its controller decides, and a snapshot comes to this project
        home: Option<String>,
        /// what of its data: `bucket`, `bucket/key` or `bucket/prefix*`
        objects: List,
        /// metadata and labels that come with them, by name; none means none
        metadata: List,
        /// first moment
        starts: Timestamp,
        /// last moment
        ends: Timestamp,
    }
    /// Grant a permit that another person asked for.
    PermitGrant = "permit" "grant" in Root on Permit weighs Duty by [Controller] {
        /// which
        permit: String,
    }
    /// Change the end of a granted permit.
    PermitAmend = "permit" "amend" in Root on Permit weighs Duty by [Controller] {
        /// which
        permit: String,
        /// new last moment
        ends: Timestamp,
    }
    /// End a permit now: every door closes within seconds.
    PermitEnd = "permit" "end" in Root on Permit weighs Duty by [Controller] {
        /// which
        permit: String,
        /// why
        reason: String,
    }
    /// Show permits that concern you.
    PermitShow = "permit" "show" in Root on Region weighs View by [] {
        /// only this one
        permit: Option<String>,
    }

    // Snapshots: data of a home project in a study
    /// Take a snapshot anew: the newest versions of what a permit names, beside the former ones.
    SnapshotTake = "snapshot" "take" in Root on Permit weighs Duty by [Controller] {
        /// the permit
        permit: String,
    }
    /// Erase a snapshot whose permit is over: its keys are destroyed.
    SnapshotErase = "snapshot" "erase" in Project on Project weighs Keys by [Custodian] {
        /// project that the snapshot came to
        project: String,
        /// which
        snapshot: String,
        /// why
        reason: String,
    }
    /// Show snapshots that concern you: where data came from, where they went, under which permit.
    SnapshotShow = "snapshot" "show" in Root on Region weighs View by [] {
        /// only this one
        snapshot: Option<String>,
    }

    // Upload grants and credentials
    /// Let a person deliver into one bucket, from one network, between two dates.
    GrantIssue = "grant" "issue" in Root on Agreement weighs Duty by [Steward] {
        /// short name used in commands
        alias: String,
        /// agreement under which they deliver
        agreement: String,
        /// who delivers
        person: String,
        /// bucket of the project
        bucket: String,
        /// only under this prefix
        prefix: Option<String>,
        /// network they deliver from, as `192.0.2.0/24`
        address: String,
        /// first moment
        starts: Timestamp,
        /// last moment
        ends: Timestamp,
    }
    /// Revoke an upload grant.
    GrantRevoke = "grant" "revoke" in Root on Grant weighs Duty by [Steward, Controller] {
        /// which
        grant: String,
    }
    /// Show upload grants that concern you.
    GrantShow = "grant" "show" in Root on Region weighs View by [] {
        /// only this one
        grant: Option<String>,
    }
    /// Issue yourself an S3 credential for one project and place.
    CredentialIssue = "credential" "issue" in Root on Project weighs Duty by [] {
        /// project it reaches
        project: String,
        /// inside or outside
        place: String,
        /// workspace it is meant for, for the record; needed for inside
        workspace: Option<String>,
        /// deliver under this upload grant and nothing else
        grant: Option<String>,
        /// last moment
        ends: Timestamp,
    }
    /// Revoke a credential; your own, or one of a project you control.
    CredentialRevoke = "credential" "revoke" in Root on Credential weighs Duty by [Controller, Operator] {
        /// its access key id
        credential: String,
    }
    /// Show credentials: yours, or those of a project you control. Secrets are never shown again.
    CredentialShow = "credential" "show" in Root on Region weighs View by [] {
        /// only those of this project
        project: Option<String>,
    }

    // Buckets, uploads, objects
    /// Create a bucket; name the agreement whose data it takes, or leave it out for the project's own.
    BucketCreate = "bucket" "create" in Project on Project weighs Data by [Controller, Researcher] {
        /// project
        project: String,
        /// name
        bucket: String,
        /// agreement whose data it takes
        agreement: Option<String>,
        /// `on`: its versions are kept and can be locked, for good
        lock: Option<String>,
    }
    /// Keep every version of a bucket's objects, or stop doing so.
    BucketVersion = "bucket" "version" in Project on Bucket weighs Data by [Controller, Researcher] {
        /// project
        project: String,
        /// name
        bucket: String,
        /// enabled or suspended
        versions: String,
    }
    /// Set by which rules a bucket's versions and unfinished uploads end by themselves; none given: none end.
    BucketExpire = "bucket" "expire" in Project on Bucket weighs Data by [Controller] {
        /// project
        project: String,
        /// name
        bucket: String,
        /// a rule in JSON, as `{"id":"tmp","prefix":"tmp/","days":30}`; several times
        rules: List,
    }
    /// Let versions in a bucket be locked, for good, and say how long each new one is.
    BucketLock = "bucket" "lock" in Project on Bucket weighs Data by [Controller] {
        /// project
        project: String,
        /// name
        bucket: String,
        /// governance or compliance; left out, a version is locked only where somebody asks for it
        mode: Option<String>,
        /// days that a new version is locked
        days: Option<u64>,
        /// or years
        years: Option<u64>,
    }
    /// Describe a bucket: replace the labels that people gave it.
    BucketDescribe = "bucket" "describe" in Project on Bucket weighs Data by [Controller, Researcher] {
        /// project
        project: String,
        /// name
        bucket: String,
        /// `name=value`, several times
        labels: List,
    }
    /// Delete an empty bucket.
    BucketDelete = "bucket" "delete" in Project on Bucket weighs Data by [Controller] {
        /// project
        project: String,
        /// name
        bucket: String,
    }
    /// Show buckets.
    BucketShow = "bucket" "show" in Project on Project weighs View by [Controller, Researcher, Reviewer] {
        /// project
        project: String,
        /// only this one
        bucket: Option<String>,
    }
    /// Start a multipart upload.
    UploadStart = "upload" "start" in Project on Bucket weighs Data by [Steward, Researcher] {
        /// project
        project: String,
        /// bucket
        bucket: String,
        /// key
        key: String,
        /// how the bytes come sealed: `crypt4gh`, to the key that `epic key show` prints
        sealed: Option<String>,
    }
    /// Send one part of an upload.
    UploadPart = "upload" "part" in Project on Bucket weighs Data carries Upload by [Steward, Researcher] {
        /// project
        project: String,
        /// bucket
        bucket: String,
        /// key
        key: String,
        /// upload's id
        upload: String,
        /// number, 1 to 10,000
        part: u64,
    }
    /// Make one part of an upload out of an object's bytes, within the same provider's buckets.
    UploadCopy = "upload" "copy" in Project on Bucket weighs Data by [Researcher] {
        /// project
        project: String,
        /// bucket
        bucket: String,
        /// key
        key: String,
        /// upload's id
        upload: String,
        /// number, 1 to 10,000
        part: u64,
        /// bucket to copy from
        source_bucket: String,
        /// key to copy from
        source_key: String,
        /// version's id to copy from
        source_version: Option<String>,
        /// only these bytes, first and last: `0-1048575`
        range: Option<String>,
    }
    /// Make an object of an upload's parts.
    UploadComplete = "upload" "complete" in Project on Bucket weighs Data by [Steward, Researcher] {
        /// project
        project: String,
        /// bucket
        bucket: String,
        /// key
        key: String,
        /// upload's id
        upload: String,
        /// only if the object is `absent`, or has this etag
        condition: Option<String>,
    }
    /// Give an upload up; its parts are removed.
    UploadAbort = "upload" "abort" in Project on Bucket weighs Data by [Steward, Researcher] {
        /// project
        project: String,
        /// bucket
        bucket: String,
        /// key
        key: String,
        /// upload's id
        upload: String,
    }
    /// Show uploads in flight and their parts, so that a cut one can go on.
    UploadShow = "upload" "show" in Project on Bucket weighs Access by [Steward, Researcher] {
        /// project
        project: String,
        /// bucket
        bucket: String,
        /// only this one
        upload: Option<String>,
    }
    /// Store an object.
    ObjectPut = "object" "put" in Project on Object weighs Data carries Upload by [Steward, Researcher] {
        /// project
        project: String,
        /// bucket
        bucket: String,
        /// key
        key: String,
        /// media type
        media: Option<String>,
        /// only if it is `absent`, or has this etag
        condition: Option<String>,
        /// how the bytes come sealed: `crypt4gh`, to the key that `epic key show` prints
        sealed: Option<String>,
    }
    /// Read an object.
    ObjectGet = "object" "get" in Project on Object weighs Access carries Download by [Researcher] {
        /// project
        project: String,
        /// bucket
        bucket: String,
        /// key
        key: String,
        /// version's id
        version: Option<String>,
    }
    /// Export an object sealed to a recipient's own key; at tiers 2 and 3 only the airlock does that.
    ObjectExport = "object" "export" in Project on Object weighs Access carries Download by [Researcher] {
        /// project
        project: String,
        /// bucket
        bucket: String,
        /// key
        key: String,
        /// version's id
        version: Option<String>,
        /// recipient's Crypt4GH public key
        recipient: String,
    }
    /// Ask whether an object is there and how large it is.
    ObjectProbe = "object" "probe" in Project on Object weighs Access by [Researcher] {
        /// project
        project: String,
        /// bucket
        bucket: String,
        /// key
        key: String,
        /// version's id
        version: Option<String>,
    }
    /// List objects.
    ObjectList = "object" "list" in Project on Bucket weighs Access by [Researcher] {
        /// project
        project: String,
        /// bucket
        bucket: String,
        /// only under this prefix
        prefix: Option<String>,
        /// where the last page ended: what it called `next`
        page: Option<String>,
    }
    /// Copy an object within the same provider's buckets.
    ObjectCopy = "object" "copy" in Project on Object weighs Data by [Researcher] {
        /// project
        project: String,
        /// bucket to copy into
        bucket: String,
        /// key to copy to
        key: String,
        /// bucket to copy from
        source_bucket: String,
        /// key to copy from
        source_key: String,
    }
    /// Delete an object or one version. Deletion is not erasure: see `epic key erase-scope`.
    ObjectDelete = "object" "delete" in Project on Object weighs Data by [Researcher, Controller] {
        /// project
        project: String,
        /// bucket
        bucket: String,
        /// key
        key: String,
        /// version's id
        version: Option<String>,
        /// only if the newest version has this etag, or `*`: only if there is one
        condition: Option<String>,
        /// why a governance lock is set aside for it; the controller's alone
        bypass: Option<String>,
    }
    /// Describe an object: replace the labels that people gave it.
    ObjectDescribe = "object" "describe" in Project on Object weighs Data by [Researcher, Controller] {
        /// project
        project: String,
        /// bucket
        bucket: String,
        /// key
        key: String,
        /// version's id
        version: Option<String>,
        /// `name=value`, several times
        labels: List,
    }
    /// Place or lift a legal hold on an object: it can be neither deleted nor erased.
    ObjectHold = "object" "hold" in Project on Object weighs Duty by [Controller] {
        /// project
        project: String,
        /// bucket
        bucket: String,
        /// key
        key: String,
        /// version's id
        version: Option<String>,
        /// on or off
        hold: String,
        /// why
        reason: String,
    }
    /// Say that what was set apart for naming people may be read: they may be named here, or nobody is.
    ObjectClear = "object" "clear" in Project on Object weighs Duty by [Controller] {
        /// project
        project: String,
        /// bucket
        bucket: String,
        /// key
        key: String,
        /// the id of what was looked at, as object show tells it
        id: String,
        /// why
        reason: String,
    }
    /// Lock a version until a date. A governance lock is shortened only by the controller who says why, one in compliance by nobody.
    ObjectRetain = "object" "retain" in Project on Object weighs Data by [Researcher, Controller] {
        /// project
        project: String,
        /// bucket
        bucket: String,
        /// key
        key: String,
        /// version's id
        version: Option<String>,
        /// governance, compliance or none
        mode: String,
        /// first moment at which it may go
        until: Option<Timestamp>,
        /// why a governance lock is shortened or lifted
        reason: Option<String>,
    }
    /// Show what keeps an object and how it is labelled, not its bytes.
    ObjectShow = "object" "show" in Project on Object weighs Access by [Researcher, Controller] {
        /// project
        project: String,
        /// bucket
        bucket: String,
        /// key
        key: String,
        /// version's id
        version: Option<String>,
    }
    /// Have an object looked at again, and what failed to be made of it made again.
    ObjectRetry = "object" "retry" in Project on Object weighs Duty by [Controller, Researcher] {
        /// project
        project: String,
        /// bucket
        bucket: String,
        /// key
        key: String,
    }
    /// Search what is stored, in every project whose data you may see: by words, kind, standing, age, size.
    ObjectSearch = "object" "search" in Root on Region weighs View by [] {
        /// words, and `kind:vcf`, `bucket:bari`, `stands:apart`, `larger:10MB`, `after:2026-01-31`, `"as written"`, `-not`
        query: String,
        /// only this project
        project: Option<String>,
        /// `newest`, `largest` or `key`; left out, what fits best comes first
        order: Option<String>,
        /// a page, as the last one of the same search called `next`
        page: Option<String>,
    }

    // Data awareness
    /// Be told whom some pseudonyms stand for: found anew in what they were made of, and kept nowhere.
    PseudonymReverse = "pseudonym" "reverse" in Project on Project weighs Keys by [Custodian] {
        /// project
        project: String,
        /// bucket
        bucket: String,
        /// key of the table that the pseudonyms were made of
        key: String,
        /// pseudonyms as they are written: `P-7K2M-9QXA-4TZ0-6`; at most 100
        pseudonyms: List,
        /// why: a finding that somebody must be told of, a request of theirs
        reason: String,
    }
    /// Say when what is made of what is stored: a rule takes the place of the last one of its name.
    RuleSet = "rule" "set" in Project on Project weighs Duty by [Controller] {
        /// project
        project: String,
        /// its name
        rule: String,
        /// only these kinds: `csv`, `vcf`, ...; left out, all
        kinds: List,
        /// only in this bucket
        bucket: Option<String>,
        /// only keys that begin so
        prefix: Option<String>,
        /// only from this many bytes on
        larger: Option<u64>,
        /// only up to this many bytes
        smaller: Option<u64>,
        /// only what was delivered under this agreement
        agreement: Option<String>,
        /// only what bears all of these labels, as `name=value`
        labels: List,
        /// only where its report has all of these words and figures, as `modality=CT`
        fields: List,
        /// what is done: `table`, `text`, `index`, `preview`, `profile`; `apart` sets it apart; nothing: objects like these are left alone
        steps: List,
        /// how a table is made, as JSON: what cells are missing, what is renamed, which units become which
        recipe: Option<String>,
    }
    /// Drop a rule: what it made stays; where it took the place of one of the region's own, that one holds again.
    RuleDrop = "rule" "drop" in Project on Project weighs Duty by [Controller] {
        /// project
        project: String,
        /// which
        rule: String,
    }
    /// See which objects a rule would take and what it would make of them; nothing is made.
    RuleTest = "rule" "test" in Project on Project weighs View by [Controller] {
        /// project
        project: String,
        /// its name
        rule: String,
        /// only these kinds: `csv`, `vcf`, ...; left out, all
        kinds: List,
        /// only in this bucket
        bucket: Option<String>,
        /// only keys that begin so
        prefix: Option<String>,
        /// only from this many bytes on
        larger: Option<u64>,
        /// only up to this many bytes
        smaller: Option<u64>,
        /// only what was delivered under this agreement
        agreement: Option<String>,
        /// only what bears all of these labels, as `name=value`
        labels: List,
        /// only where its report has all of these words and figures, as `modality=CT`
        fields: List,
        /// what is done: `table`, `text`, `index`, `preview`, `profile`; `apart` sets it apart; nothing: objects like these are left alone
        steps: List,
        /// how a table is made, as JSON: what cells are missing, what is renamed, which units become which
        recipe: Option<String>,
    }
    /// Show the rules of a project, how often each ran, and what failed of what cause.
    RuleShow = "rule" "show" in Project on Project weighs View by [Controller, Researcher, Reviewer, Auditor] {
        /// project
        project: String,
        /// only this one
        rule: Option<String>,
    }
    /// Describe a dataset, or describe it anew: what it is, what it is for, what it is not for.
    DatasetDescribe = "dataset" "describe" in Project on Project weighs Duty by [Controller] {
        /// project
        project: String,
        /// short name used in commands
        dataset: String,
        /// where it lies
        bucket: String,
        /// only keys that begin so
        prefix: Option<String>,
        /// what it is called
        title: String,
        /// what it holds and what it may be used for
        purpose: String,
        /// what it must not be used for, and what one should know before
        limits: Option<String>,
        /// words that it should be found by
        keywords: List,
        /// who answers for it: a person of the controller or the provider
        steward: Option<String>,
        /// who finds its card beside the project's own people: `nobody`, `region` (whoever is signed in) or `everybody`
        listed: Option<String>,
    }
    /// Take a dataset's card out of the catalogue; its objects stay as they are.
    DatasetDrop = "dataset" "drop" in Project on Project weighs Duty by [Controller] {
        /// project
        project: String,
        /// which
        dataset: String,
    }
    /// Show cards of datasets: what people said, and what is known of what lies there.
    DatasetShow = "dataset" "show" in Root on Region weighs View by [] {
        /// only this one: its short name, or its id
        dataset: Option<String>,
        /// only this project's
        project: Option<String>,
        /// only with these words in what people said
        words: Option<String>,
    }
    /// Show a project's data map: what lies where, how old it is, who uses it, and what wants somebody's attention.
    DatasetMap = "dataset" "map" in Project on Project weighs View by [Controller, Auditor] {
        /// project
        project: String,
    }
    /// Show what deliveries of tables must keep, as it was proposed and confirmed.
    ContractShow = "contract" "show" in Project on Bucket weighs Access by [Researcher] {
        /// project
        project: String,
        /// bucket
        bucket: String,
        /// only this series: a key with `#` for its numbers
        series: Option<String>,
    }
    /// Confirm what each delivery of a table must keep, as it was proposed or as you write it.
    ContractConfirm = "contract" "confirm" in Project on Bucket weighs Duty by [Controller, Researcher] {
        /// project
        project: String,
        /// bucket
        bucket: String,
        /// series: a key with `#` for its numbers
        series: String,
        /// the contract as JSON; left out, as it was proposed
        contract: Option<String>,
    }
    /// Hold deliveries of a table to nothing any more.
    ContractDrop = "contract" "drop" in Project on Bucket weighs Duty by [Controller, Researcher] {
        /// project
        project: String,
        /// bucket
        bucket: String,
        /// series: a key with `#` for its numbers
        series: String,
        /// why
        reason: String,
    }

    // The way out
    /// Draft a release: which objects, what they are, why they disclose nobody.
    AirlockDraft = "airlock" "draft" in Project on Project weighs Data by [Researcher] {
        /// short name used in commands
        alias: String,
        /// project
        project: String,
        /// objects as `bucket/key`
        objects: List,
        /// what they are and why they disclose nobody
        context: String,
    }
    /// Approve a release drafted by another person.
    AirlockApprove = "airlock" "approve" in Project on Airlock weighs Duty by [Reviewer] {
        /// project
        project: String,
        /// which
        airlock: String,
        /// what you looked at
        note: String,
    }
    /// Reject a release, saying what would have to change.
    AirlockReject = "airlock" "reject" in Project on Airlock weighs Duty by [Reviewer, Controller, Delegate] {
        /// project
        project: String,
        /// which
        airlock: String,
        /// why
        reason: String,
    }
    /// Release what reviewers approved. At tiers 0 and 1 any reviewer may, at tiers 2 and 3 the controller or a delegate.
    AirlockRelease = "airlock" "release" in Project on Airlock weighs Duty by [Controller, Delegate, Reviewer] {
        /// project
        project: String,
        /// which
        airlock: String,
        /// last moment it can be fetched
        ends: Timestamp,
    }
    /// Revoke a release: it can no longer be fetched.
    AirlockRevoke = "airlock" "revoke" in Project on Airlock weighs Duty by [Controller, Delegate] {
        /// project
        project: String,
        /// which
        airlock: String,
        /// why
        reason: String,
    }
    /// Fetch one object of a release, from anywhere.
    AirlockFetch = "airlock" "fetch" in Project on Airlock weighs Access carries Download by [Researcher, Controller] {
        /// project
        project: String,
        /// which
        airlock: String,
        /// object as `bucket/key`
        object: String,
        /// recipient's Crypt4GH public key; left out for the plain bytes
        recipient: Option<String>,
    }
    /// Look at one object of a draft before deciding on it; from inside at tiers 2 and 3.
    AirlockInspect = "airlock" "inspect" in Project on Airlock weighs Access carries Download by [Reviewer] {
        /// project
        project: String,
        /// which
        airlock: String,
        /// object as `bucket/key`
        object: String,
    }
    /// Show releases and what they still lack.
    AirlockShow = "airlock" "show" in Project on Project weighs View by [Researcher, Reviewer, Controller, Delegate] {
        /// project
        project: String,
        /// only this one
        airlock: Option<String>,
    }
    /// Show a release's whole chain, from the agreements to whoever let it out, with the leaf of every step.
    AirlockChain = "airlock" "chain" in Project on Project weighs View by [Researcher, Reviewer, Controller, Delegate, Auditor] {
        /// project
        project: String,
        /// which release
        airlock: String,
    }

    // Keys
    /// Lock a project's keys: it can still take deliveries, nothing can be read.
    KeyLock = "key" "lock" in Root on Project weighs Keys by [Custodian, Controller] {
        /// which
        project: String,
    }
    /// Unlock a project's keys.
    KeyUnlock = "key" "unlock" in Root on Project weighs Keys by [Custodian] {
        /// which
        project: String,
    }
    /// Offer your share key: shares of split keys, and parts of emergency envelopes, are sealed to it.
    KeyOffer = "key" "offer" in Root on Region weighs Keys by [] {
        /// its public half, as `epic share key` prints it
        key: String,
    }
    /// Split a project's data keys among holders, or anew among others: from then on nobody opens them alone.
    KeySplit = "key" "split" in Project on Project weighs Keys by [Custodian] {
        /// which
        project: String,
        /// three to eight custodians who each hold a share
        holders: List,
        /// how many of them open the keys together; two if left out
        needed: Option<u64>,
        /// two persons who hold the emergency envelope together, one of them of the controller's organisation
        emergency: List,
    }
    /// Call the holders of split keys: each answers with `epic share give`, and the keys open for a while.
    KeyCall = "key" "call" in Project on Project weighs Keys by [Custodian] {
        /// which
        project: String,
        /// how long the keys will be open, at most 1,440 minutes
        minutes: u64,
        /// why
        reason: String,
        /// future holders, where the keys are opened to be split anew
        holders: List,
    }
    /// Call for the emergency envelope, when holders are absent: its two persons answer, and the controller is told.
    KeyEmergency = "key" "emergency" in Project on Project weighs Keys by [Custodian, Controller, Signatory] {
        /// which
        project: String,
        /// how long the keys will be open, at most 240 minutes
        minutes: u64,
        /// why
        reason: String,
        /// future holders, where the keys are opened to be split anew
        holders: List,
    }
    /// Give your share to a call, sealed to that call alone: `epic share give` does it.
    KeyGive = "key" "give" in Project on Project weighs Keys by [Custodian, Controller, Signatory] {
        /// which
        project: String,
        /// the call
        call: String,
        /// your share, sealed to the call's key
        share: String,
        /// why; in an emergency each of the two says it
        reason: Option<String>,
    }
    /// Say for the controller or for its organisation that you have seen an emergency opening.
    KeyAcknowledge = "key" "acknowledge" in Root on Project weighs Keys by [Controller, Signatory] {
        /// which
        project: String,
        /// the emergency's call
        call: String,
    }
    /// Replace a project's keys: at once for what is written, step by step for what is there; then the old ones are destroyed.
    KeyRotate = "key" "rotate" in Project on Project weighs Keys by [Custodian] {
        /// which
        project: String,
    }
    /// Destroy the keys of one provider's data in a project: they are gone from every copy.
    KeyEraseScope = "key" "erase-scope" in Project on Project weighs Keys by [Custodian] {
        /// which
        project: String,
        /// agreement whose data go
        agreement: String,
        /// why
        reason: String,
    }
    /// Destroy a project's keys: all its data are gone from every copy.
    KeyEraseProject = "key" "erase-project" in Project on Project weighs Keys by [Custodian] {
        /// which
        project: String,
        /// why
        reason: String,
    }
    /// Show a project's keys, scopes, calls and erasure certificates; shares only as their holders alone can open them.
    KeyShow = "key" "show" in Project on Project weighs View by [Custodian, Controller, Auditor, Signatory] {
        /// which
        project: String,
    }

    // Proof
    /// Sign and publish the checkpoint of a cell's ledger now.
    CheckpointSign = "checkpoint" "sign" in Project on Project weighs View by [Auditor, Operator, Controller] {
        /// project; left out for the root
        project: Option<String>,
    }
    /// Prove that a leaf is in the ledger: for auditors any, for the controller any of the project, for all others one about themselves.
    LedgerProve = "ledger" "prove" in Project on Project weighs View by [Auditor, Controller] {
        /// the leaf, as `x-epic-leaf` gave it
        leaf: String,
    }
    /// Search the ledger, by person, act, thing and time; with none of them, its newest leaves.
    LedgerShow = "ledger" "show" in Project on Project weighs View by [Auditor, Controller] {
        /// project; left out for the root
        project: Option<String>,
        /// start after this leaf
        after: Option<u64>,
        /// only before this leaf: the newest of them
        before: Option<u64>,
        /// only what this person did
        person: Option<String>,
        /// only this act, as `object.get`
        act: Option<String>,
        /// only what is about this thing, as leaves name it: `object:` and its id
        about: Option<String>,
        /// only from this moment on
        from: Option<Timestamp>,
        /// only until this moment
        until: Option<Timestamp>,
        /// `yes`: only what was refused
        refused: Option<String>,
    }
    /// Follow the ledger: each new leaf that you may see, as it is written, until you stop.
    LedgerFollow = "ledger" "follow" in Project on Project weighs View carries Download by [] {
        /// project; left out for the root
        project: Option<String>,
        /// start after this leaf; left out, from now on
        after: Option<u64>,
    }
    /// Export a cell's ledger for an auditor who has only public keys.
    LedgerExport = "ledger" "export" in Project on Project weighs View carries Download by [Auditor, Controller] {
        /// project; left out for the root
        project: Option<String>,
    }
    /// Show each check's last verdict; one too old to be trusted is stale.
    CheckShow = "check" "show" in Root on Region weighs View by [Auditor, Operator] {
        /// only this one
        check: Option<String>,
    }
    /// Run a check and record its verdict.
    CheckRun = "check" "run" in Root on Region weighs View by [Auditor, Operator] {
        /// which; left out for all
        check: Option<String>,
    }
    /// Record the signed word of a restore drill, as `epic restore --drill` gives it.
    CheckRecord = "check" "record" in Root on Region weighs View by [Auditor, Operator] {
        /// the word, as `--evidence` wrote it
        note: String,
    }

    // Witnesses: regions that hold each other to one history
    /// Name a witness: another region, or a public one, that signs this region's checkpoints.
    WitnessAdd = "witness" "add" in Root on Region weighs Duty by [Operator] {
        /// its verifier key, as its operator's `epic witness show` prints it
        witness: String,
        /// where it is asked, as `https://witness.example:9030`
        address: String,
    }
    /// Ask a witness no more.
    WitnessRemove = "witness" "remove" in Root on Region weighs Duty by [Operator] {
        /// its name
        witness: String,
    }
    /// Witness another region: sign its checkpoints as long as its ledger only grows.
    WitnessFollow = "witness" "follow" in Root on Region weighs Duty by [Operator] {
        /// verifier key of its root's ledger, as `log` in its operator's `epic witness show`
        log: String,
        /// digest of the loss that its people declared: what was signed before is forgotten, and our ledger says so
        loss: Option<String>,
    }
    /// Sign a region's checkpoints no more; what was signed stays remembered.
    WitnessLeave = "witness" "leave" in Root on Region weighs Duty by [Operator] {
        /// name of its ledger
        log: String,
    }
    /// Show this region's keys for witnessing, who witnesses it and how far, and whom it witnesses.
    WitnessShow = "witness" "show" in Root on Region weighs View by [Auditor, Operator] {
    }

    // Exits
    /// Start the return of one provider's data, once their agreement is over.
    ExitStart = "exit" "start" in Project on Exit weighs Duty by [Controller] {
        /// project
        project: String,
        /// agreement that is over
        agreement: String,
    }
    /// Accept the return for the provider, and name the key that all of it is sealed to.
    ExitAccept = "exit" "accept" in Project on Exit weighs Duty by [Signatory] {
        /// project
        project: String,
        /// agreement that is over
        agreement: String,
        /// the provider's Crypt4GH public key
        recipient: String,
    }
    /// Say what a return holds and what of it was fetched, page by page.
    ExitList = "exit" "list" in Project on Exit weighs Access by [Steward, Signatory] {
        /// project
        project: String,
        /// agreement that is over
        agreement: String,
        /// only objects after this id
        after: Option<String>,
    }
    /// Fetch one object of a return as a Crypt4GH file.
    ExitFetch = "exit" "fetch" in Project on Exit weighs Access carries Download by [Steward, Signatory] {
        /// project
        project: String,
        /// agreement that is over
        agreement: String,
        /// bucket
        bucket: String,
        /// key
        key: String,
        /// version's id
        version: Option<String>,
    }
    /// Confirm that all came back, by the digest of its list; or, as the provider's signatory, give up the rest.
    ExitConfirm = "exit" "confirm" in Project on Exit weighs Duty by [Steward, Signatory] {
        /// project
        project: String,
        /// agreement that is over
        agreement: String,
        /// SHA-256 of the file SHA256SUMS
        digest: Option<String>,
        /// why what was not fetched is given up
        waiver: Option<String>,
    }
    /// Show returns that concern you.
    ExitShow = "exit" "show" in Project on Project weighs View by [Controller, Steward, Signatory, Custodian, Auditor] {
        /// project
        project: String,
    }
}
