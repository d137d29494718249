import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { listen } from './data/changes.ts'
import { openSession } from './data/server.ts'
import './styles/base.css'
import './styles/parts.css'
import './styles/run.css'

await openSession().catch(() => {})
void listen()
const root = document.getElementById('page')
if (root !== null)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
