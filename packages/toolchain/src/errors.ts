import { IcError } from '@ic/utils';

/** Codes of `@ic/toolchain`. */
export type ToolchainErrorCode =
  | 'TEMPLATE_NOT_FOUND'
  | 'TEMPLATE_SYNTAX' // not YAML 1.2
  | 'TEMPLATE_INVALID' // does not fit the schema
  | 'TEMPLATE_CYCLE' // `extends` comes back to itself
  | 'TEMPLATE_CONFLICT' // keys that are each right but not together
  | 'TEMPLATE_UNSUPPORTED' // a key this target, image type or version cannot honour
  | 'TARGET_UNKNOWN'
  | 'TARGET_INVALID' // a target folder that does not fit its own schema
  | 'OVERRIDE_INVALID' // --set, --mirror or --trust-key that cannot be applied
  | 'HOST_UNFIT' // this machine lacks something that the build needs
  | 'SANDBOX_FAILED'
  | 'CHROOT_FAILED';

export class ToolchainError extends IcError<ToolchainErrorCode> {}
