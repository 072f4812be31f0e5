import { readFileSync } from 'node:fs';
import { messageOf, type SchemaFault, type SchemaNode, schemaFaults } from '@ic/utils';
import type { PackageRef, RepositoryProof } from '../contract.js';
import { PackageError } from '../errors.js';
import { requestHash } from './locked-request.js';
import type { Lockfile, LockRole } from './lockfile.js';

/**
 * Reads the text of a lockfile and checks it against `schema/lockfile.schema.json`, its own hash of the request and
 * itself.
 *
 * @param subject what the text is called in messages: the path of the file
 * @throws PackageError LOCK_INVALID; the fault is the request's
 */
export function readLockfile(text: string, subject: string): Lockfile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(subject, `it is not JSON: ${messageOf(error)}`);
  }
  const [fault] = schemaFaults(lockfileSchema(), value);
  if (fault !== undefined) throw invalid(subject, describe(fault));
  const document = value as Lockfile;
  if (requestHash(document.request) !== document.requestSha256) {
    throw invalid(subject, 'its request is not the one that its requestSha256 is of');
  }
  const known = new Set(document.request.repositories.map(({ name }) => name));
  const lost = [...document.packages, ...document.indexes].find(({ repository }) => !known.has(repository));
  if (lost !== undefined) {
    throw invalid(subject, `it names the repository "${lost.repository}", which its request does not have`);
  }
  return document;
}

/** The packages of a lockfile for one role, as resolving gave them. */
export function lockedPackages({ packages }: Lockfile, role: LockRole): PackageRef[] {
  return packages.filter(({ roles }) => roles.includes(role)).map(({ roles: _, ...pkg }) => pkg);
}

/** What was known of the repositories when a lockfile was made. */
export function lockedProofs({ indexes }: Lockfile): RepositoryProof[] {
  return indexes.map(({ sha256: indexSha256, ...index }) => ({ ...index, indexSha256 }));
}

function lockfileSchema(): SchemaNode {
  const file = new URL('../../schema/lockfile.schema.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as SchemaNode;
}

function describe({ path, keyword, wanted, key }: SchemaFault): string {
  const place = path.length === 0 ? 'it' : `/${path.join('/')}`;
  if (keyword === 'required') return `${place} lacks "${key}"`;
  if (keyword === 'additionalProperties') return `${place} has the unknown key "${key}"`;
  return `${place} does not fit ${keyword} ${JSON.stringify(wanted)}`;
}

function invalid(subject: string, why: string): PackageError {
  return new PackageError('LOCK_INVALID', `${subject} is not a lockfile that can be used: ${why}`, {
    fault: 'request',
    hint: 'bring the file back as "ic lock" wrote it, or delete it and lock anew',
    details: { lockfile: subject },
  });
}
