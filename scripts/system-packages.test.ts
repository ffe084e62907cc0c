import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { NEEDS, installArguments, packageNames, parseOsRelease } from './system-packages.mjs';

const DEBIAN_12 = parseOsRelease(
  'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n',
);
const UBUNTU = parseOsRelease('NAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n');
const MINT = parseOsRelease('ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="22"\n');
const FEDORA = parseOsRelease('ID=fedora\nVERSION_ID=43\n');

describe('parseOsRelease', () => {
  it('reads fields with and without quotes, and none that only end in the name', () => {
    expect(DEBIAN_12).toEqual({ id: 'debian', version: '12', like: [] });
    expect(MINT).toEqual({ id: 'linuxmint', version: '22', like: ['ubuntu', 'debian'] });
    expect(FEDORA).toEqual({ id: 'fedora', version: '43', like: [] });
  });
});

describe('packageNames', () => {
  it('asks a server for no browser, no GStreamer and, with a prebuilt worker, no C++ compiler', () => {
    const names = packageNames(DEBIAN_12, ['codecs']);
    expect(names).toContain('libopenh264-dev');
    expect(names).not.toContain('g++');
    expect(names).not.toContain('chromium');
    expect(names?.filter((name) => name.startsWith('gstreamer'))).toEqual([]);
  });

  it('keeps apart what a codec that may be left out needs', () => {
    const optional = packageNames(DEBIAN_12, ['codecs'], true);
    expect(optional).toEqual(expect.arrayContaining(['libavcodec-dev', 'libdav1d-dev', 'libaom-dev']));
    const needed = new Set(packageNames(DEBIAN_12, ['codecs']));
    expect(optional?.filter((name) => needed.has(name))).toEqual([]);
  });

  it('knows every package that a codec plugin is built with', async () => {
    const { PLUGINS } = await import('../native/codec-plugins/list.mjs');
    for (const { packages, required } of PLUGINS) {
      expect(packageNames(DEBIAN_12, ['codecs'], !required)).toEqual(expect.arrayContaining([...packages]));
    }
  });

  it('adds what each further group needs', () => {
    expect(packageNames(DEBIAN_12, ['worker'])).toEqual(
      expect.arrayContaining(['g++', 'libsrtp2-dev', 'libabsl-dev', 'flatbuffers-compiler']),
    );
    expect(packageNames(DEBIAN_12, ['browser'])).toContain('chromium');
    expect(packageNames(DEBIAN_12, ['bench'])).toContain('gstreamer1.0-plugins-bad');
  });

  it('uses the names of the family that a distribution belongs to', () => {
    expect(packageNames(UBUNTU, ['browser'])).toContain('chromium-browser');
    expect(packageNames(MINT, ['browser'])).toContain('chromium-browser');
    expect(packageNames(FEDORA, ['browser'])).toBeUndefined();
  });

  it('names each package once', () => {
    const names = packageNames(DEBIAN_12, ['codecs', 'worker', 'browser', 'bench']);
    expect(new Set(names).size).toBe(names?.length);
  });
});

describe('NEEDS', () => {
  it('says of each need how to see without a package manager that it is there', () => {
    const unclear = NEEDS.filter(
      (need) => [need.command, need.pkgConfig, need.header].filter(Boolean).length !== 1,
    );
    expect(unclear).toEqual([]);
  });

  it('covers every library that the worker links', async () => {
    const { LIBRARIES } = await import('../native/mediasoup-worker/build.mjs');
    const known = NEEDS.filter((need) => need.group === 'worker').map(
      (need) => need.pkgConfig?.split('_')[0],
    );
    expect(LIBRARIES.filter((name) => !known.includes(name.split('_')[0]))).toEqual([]);
  });
});

describe('installArguments', () => {
  it('installs without questions and without recommendations', () => {
    expect(installArguments(['a', 'b']).join(' ')).toBe('install --yes --no-install-recommends a b');
  });
});

it('the container image has the run-time package of every library that the shim loads', () => {
  const dockerfile = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8');
  const finalStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
  const shimLibraries = NEEDS.filter((need) => need.group === 'codecs' && need.package.startsWith('lib'))
    .map((need) => need.package.replace(/-dev$/, ''))
    .filter((name) => name !== 'libc6');
  expect(shimLibraries.filter((name) => !new RegExp(`\\b${name}-?\\d`).test(finalStage))).toEqual([]);
});
