import { compose, validate } from '@ic/compose';
import { defaultContext } from '@ic/utils';

/** What a template asks for, checked; no network, no root, nothing written. */
export async function check(template: string): Promise<string> {
  const { config } = await validate({ template, set: ['image.version=2'] });
  return `${config.image.name} ${config.image.version}: ${config.system.packages.join(' ')}`;
}

/** Paths of the finished artifacts. */
export async function build(template: string, folder: string, signal: AbortSignal): Promise<string[]> {
  const context = defaultContext({ signal, events: (event) => console.log(JSON.stringify(event)) });
  const options = { outputDir: `${folder}/out`, cacheDir: `${folder}/cache` };
  const { artifacts } = await compose({ template }, options, context);
  return artifacts.map(({ path }) => path);
}
