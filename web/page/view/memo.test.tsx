// @vitest-environment happy-dom
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { expect, it } from 'vitest';
import { memo } from './memo.tsx';

it('draws again only where a property is another value', async () => {
  let drawn = 0;
  const Name = memo(({ name }: { readonly name: string; readonly of?: object }) => {
    drawn += 1;
    return <p>{name}</p>;
  });
  const root = document.createElement('div');
  const of = {};
  const show = async (name: string, object?: object): Promise<void> => {
    await act(() => render(<Name name={name} {...(object === undefined ? {} : { of: object })} />, root));
  };
  await show('Ada', of);
  await show('Ada', of);
  expect(drawn).toBe(1);
  await show('Ada', {});
  await show('Ada');
  await show('Ben');
  expect([drawn, root.textContent]).toEqual([4, 'Ben']);
  await act(() => render(null, root));
});
