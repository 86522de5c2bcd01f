// A page of another origin that works on S3: what a laboratory would write, of libraries that nobody here wrote.
import { GetObjectCommand, ListBucketsCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { Upload } from '@aws-sdk/lib-storage';
import { UserManager } from 'oidc-client-ts';

const region = 'us-east-1';
const manager = (issuer) => new UserManager({ authority: issuer, client_id: 'lab', redirect_uri: `${location.origin}/`, scope: 'openid profile', loadUserInfo: true });
const role = (project) => `arn:epic:iam::${project}:role/member`;

/** What went wrong, as the page is told it. */
const told = async (work) => {
    try {
        await work();
        return 'done';
    } catch (error) {
        const reason = error.$response?.headers?.['x-epic-reason'];
        return reason ? `${error.name} ${reason}` : error.name;
    }
};
const begin = async (endpoint, token, project, Policy) => {
    const sts = new STSClient({ region, endpoint, maxAttempts: 1 });
    const begun = await sts.send(new AssumeRoleWithWebIdentityCommand({ RoleArn: role(project), RoleSessionName: 'page', WebIdentityToken: token, Policy }));
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken, Expiration: expiration } = begun.Credentials;
    return { accessKeyId, secretAccessKey, sessionToken, expiration };
};
const client = (endpoint, credentials) => new S3Client({ region, endpoint, credentials, forcePathStyle: true, maxAttempts: 1 });
const bytes = async (s3, Key) => (await s3.send(new GetObjectCommand({ Bucket: 'results', Key }))).Body.transformToByteArray();

window.lab = {
    signIn: (issuer) => manager(issuer).signinRedirect(),

    /** Back from the region: in, and to work. */
    work: async ({ issuer, endpoint }) => {
        const users = manager(issuer);
        const user = await users.signinCallback();
        const keys = await (await fetch((await users.metadataService.getMetadata()).jwks_uri)).json();
        const credentials = await begin(endpoint, user.id_token, 'planet');
        const s3 = client(endpoint, credentials);
        const buckets = (await s3.send(new ListBucketsCommand({}))).Buckets.map((bucket) => bucket.Name);
        const large = new Uint8Array(6 << 20).map((_, at) => (at * 31) % 251);
        const upload = new Upload({ client: s3, partSize: 5 << 20, params: { Bucket: 'results', Key: 'page/large è.bin', Body: new Blob([large]), Metadata: { colour: 'red' } } });
        const uploaded = await upload.done();
        const listed = (await s3.send(new ListObjectsV2Command({ Bucket: 'results', Prefix: 'page/' }))).Contents.map((object) => `${object.Key} ${object.Size}`);
        const read = await bytes(s3, 'page/large è.bin');
        const put = await s3.send(new PutObjectCommand({ Bucket: 'results', Key: 'page/small.txt', Body: 'small' }));
        const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::results/page/*' }] });
        const narrow = client(endpoint, await begin(endpoint, user.id_token, 'planet', Policy));
        return {
            who: user.profile.preferred_username,
            keys: keys.keys.length,
            buckets,
            etag: uploaded.ETag,
            listed,
            isSame: read.length === large.length && read.every((byte, at) => byte === large[at]),
            small: new TextDecoder().decode(await bytes(narrow, 'page/small.txt')),
            stored: put.ETag,
            narrow: await told(() => narrow.send(new PutObjectCommand({ Bucket: 'results', Key: 'page/other.txt', Body: 'no' }))),
            elsewhere: await told(() => begin(endpoint, user.id_token, 'elsewhere')),
            bucket: await told(() => s3.send(new ListObjectsV2Command({ Bucket: 'of-another-project' }))),
            access: await told(() => begin(endpoint, user.access_token, 'planet')),
            credentials,
        };
    },

    /** What a page that nobody registered gets, though it holds a session. */
    reach: async ({ issuer, endpoint, credentials }) => ({
        discovery: await told(() => fetch(`${issuer}/.well-known/openid-configuration`)),
        token: await told(() => fetch(`${issuer}/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'authorization_code' }) })),
        session: await told(() => fetch(`${endpoint}/`, { method: 'POST', body: new URLSearchParams({ Action: 'AssumeRoleWithWebIdentity' }) })),
        object: await told(() => client(endpoint, { ...credentials, expiration: undefined }).send(new GetObjectCommand({ Bucket: 'results', Key: 'page/small.txt' }))),
    }),
};
document.title = 'lab';
