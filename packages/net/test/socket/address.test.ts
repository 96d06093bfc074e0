import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  type AddressClass, classifyAddress, isInCidr, isSameAddress, parseAddress, parseCidr,
} from '../../src/socket/address.ts';

/** First and last address of every range, and the ones just outside. */
const CLASSES: readonly (readonly [string, AddressClass])[] = [
  ['0.0.0.0', 'never'], ['0.255.255.255', 'never'], ['1.0.0.0', 'public'], ['9.255.255.255', 'public'],
  ['10.0.0.0', 'private'], ['10.255.255.255', 'private'], ['11.0.0.0', 'public'],
  ['100.63.255.255', 'public'], ['100.64.0.0', 'private'], ['100.127.255.255', 'private'], ['100.128.0.0', 'public'],
  ['126.255.255.255', 'public'], ['127.0.0.0', 'loopback'], ['127.0.0.1', 'loopback'], ['127.255.255.255', 'loopback'],
  ['128.0.0.0', 'public'],
  ['169.253.255.255', 'public'], ['169.254.0.0', 'never'], ['169.254.169.254', 'never'], ['169.254.255.255', 'never'],
  ['169.255.0.0', 'public'],
  ['172.15.255.255', 'public'], ['172.16.0.0', 'private'], ['172.31.255.255', 'private'], ['172.32.0.0', 'public'],
  ['192.0.0.8', 'private'], ['192.0.1.0', 'public'], ['192.0.2.1', 'private'], ['192.0.3.0', 'public'],
  ['192.167.255.255', 'public'], ['192.168.0.0', 'private'], ['192.168.255.255', 'private'], ['192.169.0.0', 'public'],
  ['198.17.255.255', 'public'], ['198.18.0.0', 'private'], ['198.19.255.255', 'private'], ['198.20.0.0', 'public'],
  ['198.51.100.7', 'private'], ['203.0.113.7', 'private'], ['223.255.255.255', 'public'], ['224.0.0.1', 'never'],
  ['239.255.255.255', 'never'],
  ['240.0.0.1', 'private'], ['255.255.255.254', 'private'], ['255.255.255.255', 'never'],
  ['::', 'never'], ['::1', 'loopback'], ['0:0:0:0:0:0:0:1', 'loopback'], ['::2', 'never'], // ::0.0.0.2
  ['fe7f::1', 'private'], ['fe80::1', 'never'], ['febf:ffff::1', 'never'], ['fec0::1', 'private'],
  ['fbff::1', 'private'], ['fc00::1', 'private'], ['fdff:ffff::1', 'private'], ['ff02::1', 'never'],
  ['fd00:ec2::254', 'never'], ['fd00:ec3::254', 'private'], ['fd20:ce::254', 'never'],
  ['2001:db8::1', 'private'], ['3fff::1', 'private'], ['3fff:1000::1', 'public'], ['2606:4700::1111', 'public'],
  ['4000::1', 'private'], ['100::1', 'private'],
  // An IPv4 address inside is never judged milder outside.
  ['::ffff:8.8.8.8', 'public'], ['::ffff:10.0.0.1', 'private'], ['::ffff:127.0.0.1', 'loopback'],
  ['::ffff:169.254.169.254', 'never'], ['::ffff:a9fe:a9fe', 'never'], ['::ffff:0.0.0.0', 'never'],
  ['::8.8.8.8', 'private'], ['::169.254.169.254', 'never'], ['::127.0.0.1', 'never'],
  ['64:ff9b::8.8.8.8', 'public'], ['64:ff9b::10.0.0.1', 'private'], ['64:ff9b::a9fe:a9fe', 'never'],
  ['64:ff9b::127.0.0.1', 'never'],
  ['64:ff9b:1::8.8.8.8', 'private'], ['64:ff9b:1::169.254.169.254', 'never'], ['64:ff9b:2::8.8.8.8', 'private'],
  ['2002:0808:0808::1', 'public'], ['2002:0a00:0001::1', 'private'], ['2002:a9fe:a9fe::1', 'never'],
  ['2002:7f00:0001::1', 'never'],
  ['2001:0:808:808:0:0:f7f7:f7f7', 'public'], ['2001:0:808:808:0:0:5601:5601', 'never'], ['2001:0:a9fe:a9fe::', 'never'],
  ['2001:0:808:808:0:0:f5ff:fffe', 'private'],
  ['2606:4700::5efe:a9fe:a9fe', 'never'], ['2606:4700::200:5efe:10.0.0.1', 'private'],
];

test('classifies both ends of every special range', () => {
  for (const [address, expected] of CLASSES) assert.equal(classifyAddress(address), expected, address);
});

test('takes what is no address for one that is never connected to', () => {
  const bad = [
    '', 'localhost', '127.1', '0x7f.0.0.1', '2130706433', '127.0.0.01', '127.0.0.256', '1.2.3.4.5', '1.2.3', ':', ':::',
    '1::2::3', 'fe80::1%eth0', '[::1]', '12345::', '::1.2.3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7::8:9', '::g',
    ' ::1', '1.2.3.4:80', '::1.2.3.4:5',
  ];
  for (const text of bad) {
    assert.equal(parseAddress(text), undefined, text);
    assert.equal(classifyAddress(text), 'never', text);
  }
});

test('reads every spelling of an IPv6 address into the same bytes', () => {
  const bytes = Uint8Array.from([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 33]);
  for (const text of ['2001:db8::192.0.2.33', '2001:DB8::c000:221', '2001:0db8:0:0:0:0:c000:0221', '2001:db8:0:0::c000:221']) {
    assert.deepEqual(parseAddress(text)?.bytes, bytes, text);
  }
});

test('compares ranges bit by bit and within one family', () => {
  const rows: readonly (readonly [string, string, boolean])[] = [
    ['10.1.2.3', '10.1.2.3/32', true], ['10.1.2.2', '10.1.2.3/32', false], ['10.1.2.3', '0.0.0.0/0', true],
    ['10.1.3.255', '10.1.2.0/23', true],
    ['10.1.4.0', '10.1.2.0/23', false], ['::ffff:10.1.2.3', '10.0.0.0/8', true], ['::1', '0.0.0.0/0', false],
    ['10.1.2.3', '::/0', false],
    ['2001:db8:8000::', '2001:db8:8000::/33', true], ['2001:db8:7fff::', '2001:db8:8000::/33', false],
  ];
  for (const [address, range, expected] of rows) {
    const [parsed, cidr] = [parseAddress(address), parseCidr(range)];
    assert.ok(parsed !== undefined && cidr !== undefined);
    assert.equal(isInCidr(parsed, cidr), expected, `${address} in ${range}`);
  }
  for (const bad of [
    '10.0.0.0', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/8x', '::/129', 'x/8', '/8',
  ]) assert.equal(parseCidr(bad), undefined, bad);
});

test('compares addresses by value', () => {
  const same = (a: string, b: string): boolean => {
    const [left, right] = [parseAddress(a), parseAddress(b)];
    assert.ok(left !== undefined && right !== undefined);
    return isSameAddress(left, right);
  };
  assert.ok(same('::1', '0:0::1'));
  assert.ok(same('::ffff:127.0.0.1', '127.0.0.1'));
  assert.ok(same('127.0.0.1', '::ffff:7f00:1'));
  assert.ok(!same('127.0.0.1', '::1'));
});
