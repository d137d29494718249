import { useEffect, useRef, useState } from 'react'

/** A rectangle that was drawn and what it stands for. */
export type Shape<T> = { x: number; y: number; width: number; height: number; item: T }

export type Draw<T> = (
  context: CanvasRenderingContext2D,
  size: { width: number; height: number },
  colour: (name: string) => string,
) => Shape<T>[]

type Props<T> = {
  height: number
  label: string
  draw: Draw<T>
  tell: (item: T) => string
  onPick: (item: T) => void
}

const colourOf = (element: Element) => {
  const style = getComputedStyle(element)
  return (name: string) => style.getPropertyValue(`--${name}`).trim()
}

/** A drawing that says what is under the pointer and hands on what is clicked. What it shows is in the tree, too. */
export const Canvas = <T,>({ height, label, draw, tell, onPick }: Props<T>) => {
  const canvas = useRef<HTMLCanvasElement>(null)
  const shapes = useRef<Shape<T>[]>([])
  const [width, setWidth] = useState(0)
  const [told, setTold] = useState<{ text: string; x: number; y: number }>()

  useEffect(() => {
    const element = canvas.current?.parentElement
    if (!element) return
    const watcher = new ResizeObserver(() => setWidth(element.clientWidth))
    watcher.observe(element)
    return () => watcher.disconnect()
  }, [])

  useEffect(() => {
    const element = canvas.current
    const context = element?.getContext('2d')
    if (!element || !context || width === 0) return
    const scale = devicePixelRatio || 1
    element.width = width * scale
    element.height = height * scale
    context.setTransform(scale, 0, 0, scale, 0, 0)
    context.clearRect(0, 0, width, height)
    context.font = `12px ${getComputedStyle(element).fontFamily}`
    context.textBaseline = 'middle'
    shapes.current = draw(context, { width, height }, colourOf(element))
  }, [draw, width, height])

  const under = (event: React.PointerEvent | React.MouseEvent): Shape<T> | undefined => {
    const { left, top } = event.currentTarget.getBoundingClientRect()
    const [x, y] = [event.clientX - left, event.clientY - top]
    return shapes.current.findLast(
      (shape) =>
        x >= shape.x && x <= shape.x + shape.width && y >= shape.y && y <= shape.y + shape.height,
    )
  }

  return (
    <div className="canvas">
      <canvas
        ref={canvas}
        role="img"
        aria-label={label}
        height={height}
        onPointerMove={(event) => {
          const shape = under(event)
          const { left, top } = event.currentTarget.getBoundingClientRect()
          setTold(
            shape && { text: tell(shape.item), x: event.clientX - left, y: event.clientY - top },
          )
        }}
        onPointerLeave={() => setTold(undefined)}
        onClick={(event) => {
          const shape = under(event)
          if (shape !== undefined) onPick(shape.item)
        }}
      />
      {told !== undefined && (
        <div className={`tip${told.x > width / 2 ? ' to-left' : ''}`} ref={place(told)}>
          {told.text}
        </div>
      )}
    </div>
  )
}

/** Placed by script: the page's policy allows no style in markup. */
const place =
  ({ x, y }: { x: number; y: number }) =>
  (element: HTMLElement | null): void => {
    if (element === null) return
    element.style.left = `${x}px`
    element.style.top = `${y}px`
  }
