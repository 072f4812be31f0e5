export { DebIndex, type DebPackage, type PackagesFile, packageRef } from './packages-index.js';
