import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';

import { knownKeys } from '../src/known-hosts.ts';
import { quotePath } from '../src/remote-file.ts';

const hashed = (name: string): string => {
  const salt = Buffer.alloc(20, 7);
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
};

describe('knownKeys', () => {
  const rows: readonly [name: string, line: string, host: string, port: number, found: boolean][] = [
    ['matches a name', 'example.com ssh-ed25519 AAAA', 'example.com', 22, true],
    ['ignores case', 'Example.COM ssh-ed25519 AAAA', 'example.com', 22, true],
    ['matches one of a comma list', 'a,example.com,b ssh-ed25519 AAAA', 'example.com', 22, true],
    ['matches a star', '*.example.com ssh-ed25519 AAAA', 'a.b.example.com', 22, true],
    ['matches a question mark as one character', 'host?.example.com ssh-ed25519 AAAA', 'host1.example.com', 22, true],
    ['does not match a question mark with nothing', 'host? ssh-ed25519 AAAA', 'host', 22, false],
    ['lets a negation win', '*.example.com,!evil.example.com ssh-ed25519 AAAA', 'evil.example.com', 22, false],
    ['keeps ports apart', 'example.com ssh-ed25519 AAAA', 'example.com', 2222, false],
    ['matches a port in brackets', '[example.com]:2222 ssh-ed25519 AAAA', 'example.com', 2222, true],
    ['matches a hashed name', `${hashed('example.com')} ssh-ed25519 AAAA`, 'example.com', 22, true],
    ['matches a hashed name with port', `${hashed('[example.com]:2222')} ssh-ed25519 AAAA`, 'example.com', 2222, true],
    ['does not match another hashed name', `${hashed('example.org')} ssh-ed25519 AAAA`, 'example.com', 22, false],
    ['passes over comments', '# example.com ssh-ed25519 AAAA', 'example.com', 22, false],
    ['passes over certificate authorities', '@cert-authority example.com ssh-ed25519 AAAA', 'example.com', 22, false],
    ['passes over unknown markers', '@something example.com ssh-ed25519 AAAA', 'example.com', 22, false],
    ['passes over half lines', 'example.com ssh-ed25519', 'example.com', 22, false],
    ['does not let a regular expression in', '.*.com ssh-ed25519 AAAA', 'example.com', 22, false],
    ['takes CR LF files', 'example.com ssh-ed25519 AAAA\r', 'example.com', 22, true],
  ];
  for (const [name, line, host, port, found] of rows) {
    it(name, () => assert.equal(knownKeys([line], host, port).keys.length, found ? 1 : 0));
  }

  it('collects revoked keys of the host and of everybody', () => {
    const { revoked, keys } = knownKeys(['@revoked * ssh-ed25519 AAAA\n@revoked example.com ssh-rsa BBBB\n@revoked other ssh-rsa CCCC'], 'example.com', 22);
    assert.deepEqual([...revoked], ['AAAA', 'BBBB']);
    assert.equal(keys.length, 0);
  });

  it('takes linear time for hostile patterns', () => {
    const line = `${'*a'.repeat(2_000)} ssh-ed25519 AAAA`;
    assert.equal(knownKeys([line], 'a'.repeat(1_000), 22).keys.length, 0);
  });
});

describe('quotePath', () => {
  const rows: readonly [path: string, quoted: string][] = [
    ['/etc/token', `'/etc/token'`],
    [`it's`, `'it'\\''s'`],
    ['$(reboot)', `'$(reboot)'`],
    ['-rf', `'-rf'`],
    ['a\nb', `'a\nb'`],
    ['~/.codex/auth.json', `~/'.codex/auth.json'`],
    ['~root/x', `'~root/x'`],
  ];
  for (const [path, quoted] of rows) it(`quotes ${JSON.stringify(path)}`, () => assert.equal(quotePath(path), quoted));
  for (const path of ['', 'a\0b']) it(`refuses ${JSON.stringify(path)}`, () => assert.throws(() => quotePath(path), { code: 'NET_SSH_COMMAND' }));
});
