/** CPU for each picture of whole commands that take turns: the difference of two lengths, so that start-up falls out. */
import { cpuSeconds } from '../../transcode/cpuTime.ts';

/** @param pictures how many the command is to encode */
export type Lengths = (pictures: number) => readonly string[];

/**
 * @param long pictures; the short run has a third
 * @returns for each contender one value a round, in ms; the order turns round each time
 */
export async function fitCpuMs(
  contenders: readonly Lengths[],
  long: number,
  rounds: number,
  afterEach: () => void,
): Promise<readonly (readonly number[])[]> {
  const short = Math.ceil(long / 3);
  const samples = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    const order = contenders.map((command, at) => ({ command, list: samples[at] ?? [] }));
    if (round % 2 === 1) order.reverse();
    for (const { command, list } of order) {
      const [shortS, longS] = [await cpuSeconds(command(short)), await cpuSeconds(command(long))];
      list.push(((longS - shortS) * 1000) / (long - short));
      afterEach();
    }
  }
  return samples;
}
