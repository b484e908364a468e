import { describe, expect, it } from 'vitest';
import { canonicalReference, familiarName, familiarReference, parseReference } from './reference.ts';
import { parseRepositories } from './repositories.ts';

const DIGEST = `sha256:${'c'.repeat(64)}`;

describe('names of images', () => {
  it.each([
    ['busybox', 'docker.io/library/busybox', 'busybox'],
    ['busybox:1', 'docker.io/library/busybox:1', 'busybox:1'],
    ['me/app:v2', 'docker.io/me/app:v2', 'me/app:v2'],
    ['docker.io/library/app', 'docker.io/library/app', 'app'],
    ['index.docker.io/app:1', 'docker.io/library/app:1', 'app:1'],
    ['localhost/app', 'localhost/app', 'localhost/app'],
    ['localhost:5000/app:1', 'localhost:5000/app:1', 'localhost:5000/app:1'],
    ['quay.io/a/b/c:x', 'quay.io/a/b/c:x', 'quay.io/a/b/c:x'],
    [`app@${DIGEST}`, `docker.io/library/app@${DIGEST}`, `app@${DIGEST}`],
    ['[::1]:5000/app', '[::1]:5000/app', '[::1]:5000/app'],
    ['Upper/app', 'Upper/app', 'Upper/app'],
  ])('%s', (text, canonical, familiar) => {
    const reference = parseReference(text);
    expect(reference && [canonicalReference(reference), familiarReference(reference)]).toEqual([
      canonical,
      familiar,
    ]);
  });

  it.each([
    '',
    ':1',
    'App',
    'a//b',
    'a:',
    'a:-x',
    `a:${'t'.repeat(129)}`,
    'a@sha256:1',
    'a/',
    'a b',
    'e'.repeat(64),
    'a'.repeat(5000),
  ])('refuses %j', (text) => {
    expect(parseReference(text)).toBeNull();
  });

  it('names the repository', () => {
    expect(
      ['a:1', 'docker.io/library/a', 'x.y/a'].map((text) => familiarName(parseReference(text)!)),
    ).toEqual(['a', 'a', 'x.y/a']);
  });
});

describe('repositories.json', () => {
  const id = `sha256:${'1'.repeat(64)}`;
  const other = `sha256:${'2'.repeat(64)}`;
  const parse = (repositories: unknown): ReturnType<typeof parseRepositories> =>
    parseRepositories(Buffer.from(JSON.stringify({ Repositories: repositories })));

  it('gives names by image, ordered by the full name', () => {
    const names = parse({
      zebra: { 'zebra:1': id },
      'gcr.io/a': { 'gcr.io/a:1': id },
      app: { 'app:2': id, 'app:1': id, [`app@${DIGEST}`]: id, 'app:old': other },
    });
    expect(names).toEqual(
      new Map([
        [id, { tags: ['app:1', 'app:2', 'zebra:1', 'gcr.io/a:1'], digests: [`app@${DIGEST}`] }],
        [other, { tags: ['app:old'], digests: [] }],
      ]),
    );
  });

  it('skips what the engine cannot parse', () => {
    expect(parse({ x: { 'Not Valid': id, 'x:1': 'no digest', 'x:2': 7 } })).toEqual(new Map());
  });

  it.each(['', '{', '{"Repositories":[]}', '{"Repositories":{"a":"b"}}'])('refuses %j', (text) => {
    expect(parseRepositories(Buffer.from(text))).toHaveProperty('malformed');
  });

  it('takes an empty one', () => {
    expect(parseRepositories(Buffer.from('{}'))).toEqual(new Map());
  });
});
