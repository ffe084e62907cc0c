// @ts-check
// What this project needs from the operating system, under the names that Debian and Ubuntu package it.
//
// The names were tried on Debian 12 and 13. Ubuntu 24.04 takes its packages from Debian under the same names, Chromium
// aside; nothing was run there.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import { SetupError } from './setup-error.mjs';

/**
 * What a set of packages is for. 'codecs': always needed. 'worker': only where mediasoup's worker is built here.
 * 'browser': to run the tests and the demo. 'bench': what the benchmarks compare with.
 * @typedef {'codecs' | 'worker' | 'browser' | 'bench'} Group
 */

/**
 * One thing needed: its package, and how to see without a package manager that it is there: a `command` on the PATH, a
 * `pkgConfig` name, or a C `header`. Without an `optional` one something is missing later, and says so; set-up goes on.
 * @typedef {{ group: Group, purpose: string, package: string, ubuntu?: string, optional?: boolean,
 *   command?: string, pkgConfig?: string, header?: string }} Need
 */

/** @type {readonly Need[]} */
export const NEEDS = [
  { group: 'codecs', purpose: 'C compiler', package: 'gcc', command: 'gcc' },
  { group: 'codecs', purpose: 'C library headers', package: 'libc6-dev', header: 'stdio.h' },
  { group: 'codecs', purpose: 'finding libraries', package: 'pkg-config', command: 'pkg-config' },
  { group: 'codecs', purpose: 'H.264', package: 'libopenh264-dev', pkgConfig: 'openh264' },
  { group: 'codecs', purpose: 'VP8 and VP9', package: 'libvpx-dev', pkgConfig: 'vpx' },
  { group: 'codecs', purpose: 'scaling and colour', package: 'libyuv-dev', header: 'libyuv.h' },
  { group: 'codecs', purpose: 'Opus', package: 'libopus-dev', pkgConfig: 'opus' },
  {
    group: 'codecs',
    purpose: 'G.711 and G.722',
    package: 'libspandsp-dev',
    pkgConfig: 'spandsp',
    optional: true,
  },
  { group: 'codecs', purpose: 'sampling rates', package: 'libspeexdsp-dev', pkgConfig: 'speexdsp' },
  {
    group: 'codecs',
    purpose: 'H.264 of every profile',
    package: 'libavcodec-dev',
    pkgConfig: 'libavcodec',
    optional: true,
  },
  {
    group: 'codecs',
    purpose: 'AV1 decoding',
    package: 'libdav1d-dev',
    pkgConfig: 'dav1d',
    optional: true,
  },
  { group: 'codecs', purpose: 'AV1 encoding', package: 'libaom-dev', pkgConfig: 'aom', optional: true },
  { group: 'worker', purpose: 'C++ compiler', package: 'g++', command: 'g++' },
  { group: 'worker', purpose: 'TLS', package: 'libssl-dev', pkgConfig: 'openssl' },
  { group: 'worker', purpose: 'SRTP', package: 'libsrtp2-dev', pkgConfig: 'libsrtp2' },
  { group: 'worker', purpose: 'hash tables', package: 'libabsl-dev', pkgConfig: 'absl_flat_hash_map' },
  { group: 'worker', purpose: 'event loop', package: 'libuv1-dev', pkgConfig: 'libuv' },
  { group: 'worker', purpose: 'message format', package: 'libflatbuffers-dev', pkgConfig: 'flatbuffers' },
  { group: 'worker', purpose: 'message compiler', package: 'flatbuffers-compiler', command: 'flatc' },
  // Ubuntu has Chromium as a snap, which this transitional package installs.
  {
    group: 'browser',
    purpose: 'browser',
    package: 'chromium',
    ubuntu: 'chromium-browser',
    command: 'chromium',
  },
  { group: 'browser', purpose: 'a font', package: 'fonts-dejavu-core', command: 'fc-list' },
  { group: 'bench', purpose: 'ffmpeg', package: 'ffmpeg', command: 'ffmpeg' },
  { group: 'bench', purpose: 'GStreamer', package: 'gstreamer1.0-tools', command: 'gst-launch-1.0' },
  {
    group: 'bench',
    purpose: 'file reading',
    package: 'gstreamer1.0-plugins-base',
    command: 'gst-launch-1.0',
  },
  {
    group: 'bench',
    purpose: "GStreamer's VP8",
    package: 'gstreamer1.0-plugins-good',
    command: 'gst-launch-1.0',
  },
  {
    group: 'bench',
    purpose: "GStreamer's H.264",
    package: 'gstreamer1.0-plugins-bad',
    command: 'gst-launch-1.0',
  },
];

/**
 * The part of /etc/os-release that matters here.
 * @typedef {{ id: string, version: string, like: readonly string[] }} Distribution
 */

/**
 * @param {string} osRelease text of /etc/os-release
 * @returns {Distribution}
 */
export function parseOsRelease(osRelease) {
  /** @param {string} key */
  const field = (key) => new RegExp(`^${key}=["']?([^"'\\n]*)`, 'm').exec(osRelease)?.[1] ?? '';
  return { id: field('ID'), version: field('VERSION_ID'), like: field('ID_LIKE').split(' ').filter(Boolean) };
}

/**
 * Package names for some groups; undefined for a distribution that does not use Debian's packages.
 * @param {Distribution} distribution
 * @param {readonly Group[]} groups
 * @param {boolean} [optional] those that are wanted in place of those that are needed
 * @returns {string[] | undefined}
 */
export function packageNames(distribution, groups, optional = false) {
  const family = [distribution.id, ...distribution.like];
  const isUbuntu = family.includes('ubuntu');
  if (!isUbuntu && !family.includes('debian')) return undefined;
  const needs = NEEDS.filter((need) => groups.includes(need.group) && (need.optional ?? false) === optional);
  return needs.map((need) => (isUbuntu ? (need.ubuntu ?? need.package) : need.package));
}

/**
 * @param {readonly string[]} packages
 * @returns {string[]} arguments of apt-get
 */
export function installArguments(packages) {
  return ['install', '--yes', '--no-install-recommends', ...packages];
}

/**
 * Makes sure that the packages of these groups are installed, installing them where this user may.
 * @param {readonly Group[]} groups
 * @param {(line: string) => void} log called only where something is missing
 * @throws {SetupError} when something is missing and may not be installed; it holds the command to run
 */
export function ensureSystemPackages(groups, log) {
  const distribution = parseOsRelease(fs.readFileSync('/etc/os-release', 'utf8'));
  const wanted = packageNames(distribution, groups);
  if (wanted === undefined) {
    refuseMissingNeeds(distribution, groups);
    return;
  }
  const missing = notInstalled(wanted);
  if (missing.length === 0) return;

  const prefix = installPrefix();
  if (prefix === undefined) {
    const command = `sudo apt-get ${installArguments(missing).join(' ')}`;
    throw new SetupError(
      'SYSTEM_PACKAGES_MISSING',
      `These system packages are missing, and this user may not install them. Run this, then try again:\n\n  ${command}\n`,
    );
  }
  log(`installing ${missing.join(' ')}`);
  apt(prefix, ['update']);
  apt(prefix, installArguments(missing));
}

/**
 * Installs the optional packages of these groups where this user may. Tries once: what could not be installed is not tried again until
 * something else is missing, so that a machine without network starts as fast as any. Never fails.
 * @param {readonly Group[]} groups
 * @param {string} stamp a file that remembers what could not be installed
 * @param {(line: string) => void} log called only where something is tried, or cannot be
 */
export function wantSystemPackages(groups, stamp, log) {
  const wanted = packageNames(parseOsRelease(fs.readFileSync('/etc/os-release', 'utf8')), groups, true) ?? [];
  const missing = notInstalled(wanted);
  const tried = fs.existsSync(stamp) ? fs.readFileSync(stamp, 'utf8') : '';
  if (missing.length === 0 || tried === missing.join(' ')) return;
  const prefix = installPrefix();
  if (prefix !== undefined) {
    log(`installing ${missing.join(' ')}`);
    attempt(() => apt(prefix, ['update']));
    // One by one: a distribution that lacks one may have the others.
    for (const name of missing) attempt(() => apt(prefix, installArguments([name])));
  }
  const left = notInstalled(missing);
  fs.mkdirSync(path.dirname(stamp), { recursive: true });
  fs.writeFileSync(stamp, left.join(' '));
  if (left.length > 0) {
    log(`some codecs are left out; for them: sudo apt-get ${installArguments(left).join(' ')}`);
  }
}

/** @param {() => void} work that may fail */
function attempt(work) {
  try {
    work();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
  }
}

/** @param {readonly string[]} packages */
function notInstalled(packages) {
  if (packages.length === 0) return [];
  // Exits with 1 where it knows nothing of one of them, which is no failure here.
  const query = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\\n', ...packages], {
    encoding: 'utf8',
  });
  const installed = new Set(
    query.stdout.split('\n').flatMap((line) => (line.endsWith(' installed') ? [line.split(' ')[0]] : [])),
  );
  return packages.filter((name) => !installed.has(name));
}

/** What to put before apt-get so that it may install: nothing for root, sudo where it asks for no password. */
function installPrefix() {
  if (process.getuid?.() === 0) return [];
  return spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : undefined;
}

/** Waits, in seconds, while another program installs something. */
const APT = ['-o', 'DPkg::Lock::Timeout=300'];

/**
 * @param {readonly string[]} prefix
 * @param {readonly string[]} args
 */
function apt(prefix, args) {
  const [command, ...rest] = [
    ...prefix,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-qq',
    ...APT,
    ...args,
  ];
  const result = spawnSync(/** @type {string} */ (command), rest, { encoding: 'utf8' });
  if (result.status === 0) return;
  const output = (result.stdout + result.stderr).trim().split('\n').slice(-20).join('\n');
  throw new SetupError('SYSTEM_PACKAGES_FAILED', `apt-get ${args.join(' ')} failed:\n${output}`);
}

/**
 * On a distribution with other package names: says by purpose what is missing.
 * @param {Distribution} distribution
 * @param {readonly Group[]} groups
 */
function refuseMissingNeeds(distribution, groups) {
  const missing = NEEDS.filter(
    (need) => groups.includes(need.group) && need.optional !== true && !isThere(need),
  );
  if (missing.length === 0) return;
  const lines = missing.map(
    (need) =>
      `  ${need.purpose}: ${need.command ?? need.pkgConfig ?? need.header} (Debian's ${need.package})`,
  );
  throw new SetupError(
    'SYSTEM_PACKAGES_MISSING',
    `These are missing, and their package names on ${distribution.id} are not known here:\n${lines.join('\n')}`,
  );
}

/** @param {Need} need */
function isThere({ command, pkgConfig, header }) {
  if (command !== undefined) return onPath(command);
  if (pkgConfig !== undefined) return spawnSync('pkg-config', ['--exists', pkgConfig]).status === 0;
  return spawnSync('gcc', ['-E', '-x', 'c', '-'], { input: `#include <${header}>\n` }).status === 0;
}

/** @param {string} command */
function onPath(command) {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  return folders.some((folder) => fs.existsSync(path.join(folder, command)));
}
