import { type Dependency, overlaps } from '../dependency.js';
import { parseEvr } from '../evr.js';

/** What the packages of a target may ask of its rpm, with the version of rpm that brought it: that of rpm 4.18. */
const FEATURES: ReadonlyMap<string, string> = new Map([
  ['VersionedDependencies', '3.0.3-1'],
  ['CompressedFileNames', '3.0.4-1'],
  ['PayloadIsBzip2', '3.0.5-1'],
  ['ExplicitPackageProvide', '4.0-1'],
  ['PayloadFilesHavePrefix', '4.0-1'],
  ['HeaderLoadSortsTags', '4.0.1-1'],
  ['ScriptletInterpreterArgs', '4.0.3-1'],
  ['PartialHardlinkSets', '4.0.4-1'],
  ['ConcurrentAccess', '4.1-1'],
  ['BuiltinLuaScripts', '4.2.2-1'],
  ['PayloadIsLzma', '4.4.2-1'],
  ['FileDigests', '4.6.0-1'],
  ['FileCaps', '4.6.1-1'],
  ['ScriptletExpansion', '4.9.0-1'],
  ['TildeInVersions', '4.10.0-1'],
  ['LargeFiles', '4.12.0-1'],
  ['RichDependencies', '4.12.0-1'],
  ['CaretInVersions', '4.15.0-1'],
  ['DynamicBuildRequires', '4.15.0-1'],
  ['PayloadIsXz', '5.2-1'],
  ['PayloadIsZstd', '5.4.18-1'],
]);

/** Whether rpm itself meets a dependency; undefined when the dependency asks nothing of rpm. */
export function isMetByRpm(dependency: Dependency): boolean | undefined {
  const feature = /^rpmlib\((.*)\)$/.exec(dependency.name)?.[1];
  if (feature === undefined) return undefined;
  const version = FEATURES.get(feature);
  if (version === undefined) return false;
  return overlaps({ name: dependency.name, operator: '=', evr: parseEvr(version) }, dependency);
}
