export { type Composer, type IcOptions, type IcResult, startComposer, testCacheFolder } from './composer.js';
export { type LoopbackMirror, type LoopbackMirrorOptions, startLoopbackMirror } from './loopback-mirror.js';
export { type Machine, type MachineOptions, startMachine } from './virtual-machine.js';
