/-! Follows ``Audit.lean``, whose `main` it replaces: runs texts in environments that are kept, says what Lean says
about them with positions and goals, and audits every theorem that they declare. -/

namespace Assay

structure Kept where
  id : Nat
  /-- The environment of the imports alone, which theorems are replayed onto. -/
  base : Environment
  state : Command.State

structure Session where
  server : Server
  kept : List Kept
  next : Nat

def findKept : List Kept → Nat → Option Kept
  | [], _ => none
  | k :: ks, n => if k.id == n then some k else findKept ks n

def withoutKept : List Kept → Nat → List Kept
  | [], _ => []
  | k :: ks, n => if k.id == n then ks else k :: withoutKept ks n

def flag (j : Json) (k : String) : Bool :=
  match j.getObjVal? k with | .ok (.bool b) => b | _ => false

def position (p : Position) : Json := Json.mkObj [("line", number p.line), ("column", number p.column)]

def place (map : FileMap) (p : Option String.Pos.Raw) : Json :=
  match p with | some p => position (map.toPosition p) | none => .null

/-! ## Open goals -/

def openGoal (map : FileMap) (stx : Syntax) (goal : String) (tactic : Bool) : Json :=
  Json.mkObj [("pos", place map (stx.getPos? false)), ("endPos", place map (stx.getTailPos? false)), ("goal", .str goal),
    ("tactic", .bool tactic)]

def tacticGoals (ctx : ContextInfo) (info : TacticInfo) : IO String := do
  let f ← { ctx with mctx := info.mctxBefore }.ppGoals info.goalsBefore
  return f.pretty

/-- The goal of a term is that of an unknown with its type, made for the printer alone. -/
def termGoal (ctx : ContextInfo) (info : TermInfo) : IO String := do
  match info.expectedType? with
  | some type =>
    let unknown : MVarId := ⟨`shown⟩
    let mctx := ctx.mctx.addExprMVarDecl unknown .anonymous info.lctx #[] type
    let f ← { ctx with mctx }.ppGoals [unknown]
    return f.pretty
  | none => return ""

mutual
partial def flattened (n : PersistentArrayNode InfoTree) (acc : Array InfoTree) : Array InfoTree :=
  match n with
  | .node cs => flattenedAmong cs 0 acc
  | .leaf vs => pushAll vs 0 acc
partial def flattenedAmong (cs : Array (PersistentArrayNode InfoTree)) (i : Nat) (acc : Array InfoTree) : Array InfoTree :=
  if h : i < cs.size then flattenedAmong cs (i + 1) (flattened cs[i] acc) else acc
partial def pushAll (vs : Array InfoTree) (i : Nat) (acc : Array InfoTree) : Array InfoTree :=
  if h : i < vs.size then pushAll vs (i + 1) (acc.push vs[i]) else acc
end

def treesOf (trees : PersistentArray InfoTree) : Array InfoTree := pushAll trees.tail 0 (flattened trees.root #[])

mutual
partial def openGoals (map : FileMap) (ctx : Option ContextInfo) (tree : InfoTree) (acc : Array Json) : IO (Array Json) :=
  match tree with
  | .context c t => openGoals map (c.mergeIntoOuter? ctx) t acc
  | .hole _ => pure acc
  | .node info children => do
    match ctx, info with
    | some ctx, .ofTacticInfo i =>
      if i.stx.getKind == `Lean.Parser.Tactic.tacticSorry then
        return acc.push (openGoal map i.stx (← tacticGoals ctx i) true)
      openGoalsAmong map (info.updateContext? (some ctx)) (treesOf children) 0 acc
    | some ctx, .ofTermInfo i =>
      if i.stx.getKind == `Lean.Parser.Term.sorry then
        return acc.push (openGoal map i.stx (← termGoal ctx i) false)
      openGoalsAmong map (info.updateContext? (some ctx)) (treesOf children) 0 acc
    | _, _ => openGoalsAmong map (info.updateContext? ctx) (treesOf children) 0 acc
partial def openGoalsAmong (map : FileMap) (ctx : Option ContextInfo) (trees : Array InfoTree) (i : Nat)
    (acc : Array Json) : IO (Array Json) :=
  if h : i < trees.size then do
    let acc ← openGoals map ctx trees[i] acc
    openGoalsAmong map ctx trees (i + 1) acc
  else pure acc
end

/-! ## Running a text -/

structure Progress where
  state : Command.State
  messages : Array Json
  sorries : Array Json
  declared : List Name

mutual
/-- Every name that a command declares, nested commands included. -/
partial def declaredNames (ns : Name) (s : Syntax) (acc : List Name) : List Name :=
  match s with
  | .node _ k args =>
    if k == `Lean.Parser.Command.declId then fullName ns (argument s 0).getId :: acc else declaredAmong ns args 0 acc
  | _ => acc
partial def declaredAmong (ns : Name) (args : Array Syntax) (i : Nat) (acc : List Name) : List Name :=
  if h : i < args.size then declaredAmong ns args (i + 1) (declaredNames ns args[i] acc) else acc
end

partial def messageList (ms : List Message) (acc : Array Json) : IO (Array Json) := do
  match ms with
  | [] => return acc
  | m :: rest =>
    let s ← m.data.toString
    let last := match m.endPos with | some p => position p | none => .null
    messageList rest (acc.push (Json.mkObj
      [("severity", .str (severity m)), ("pos", position m.pos), ("endPos", last), ("data", .str (cut s))]))

partial def runCommands (input : Parser.InputContext) (parser : Parser.ModuleParserState) (p : Progress)
    (guard : Option Bounds) (fuel : Nat) : IO Progress := do
  if fuel == 0 then return p
  let scope := scopeOf p.state
  let context : Parser.ParserModuleContext :=
    { env := p.state.env, options := scope.opts, currNamespace := scope.currNamespace, openDecls := scope.openDecls }
  let (cmd, next, log) := Parser.parseCommand input context parser {}
  let messages ← messageList log.toList p.messages
  let refused := match guard with
    | some bounds => badCommand bounds cmd
    | none => none
  match refused with
  | some n =>
    let first := place input.fileMap (cmd.getPos? false)
    let last := place input.fileMap (cmd.getTailPos? false)
    return { p with messages := messages.push (Json.mkObj [("severity", .str "error"), ("pos", first), ("endPos", last),
      ("data", .str ("not allowed in a proof that is judged: " ++ n.toString))]) }
  | none =>
    if Parser.isTerminalCommand cmd then return { p with messages }
    let declared := declaredNames scope.currNamespace cmd p.declared
    let clean := { p.state with messages := {}, snapshotTasks := #[], infoState := { enabled := true } }
    let state ← elaborate input parser.pos cmd clean
    let found := appendMessages state.messages.toList (taskMessages state.snapshotTasks 0)
    let messages ← messageList found messages
    let sorries ← openGoalsAmong input.fileMap none (treesOf state.infoState.trees) 0 p.sorries
    let state := { state with messages := {}, snapshotTasks := #[], infoState := {} }
    runCommands input next { state, messages, sorries, declared } guard (fuel - 1)

/-! ## The audit of what a text declares: axioms, unsafe constants, and the kernel again -/

def auditOne (base env : Environment) (limit : USize) (n : Name) (ci : ConstantInfo) : IO Json := do
  let say (verdict detail : String) (axioms : List Name) : Json := Json.mkObj
    [("name", .str n.toString), ("verdict", .str verdict), ("detail", .str (cut detail)),
     ("axioms", .arr (nameStrings axioms #[]))]
  match ci with
  | .axiomInfo _ => return say "forbidden_axiom" n.toString [n]
  | .thmInfo _ =>
    let reached := reach env [n] {} { axioms := [], unusable := [] }
    match notStandard reached.axioms, reached.unusable with
    | a :: _, _ => return say "forbidden_axiom" a.toString reached.axioms
    | [], u :: _ => return say "unsafe_constant" u.toString reached.axioms
    | [], [] =>
      try
        let _ ← replay base env limit n { env := base, done := {}, count := 0 }
        return say "accepted" "" reached.axioms
      catch e => return say "kernel_rejected" (toString e) reached.axioms
  | .defnInfo _ =>
    -- a definition may be a proof too
    let reached := reach env [n] {} { axioms := [], unusable := [] }
    match notStandard reached.axioms with
    | a :: _ => return say "forbidden_axiom" a.toString reached.axioms
    | [] => return say "defined" "" reached.axioms
  | _ => return say "defined" "" []

partial def auditAll (base env : Environment) (limit : USize) (ns : List Name) (acc : Array Json) : IO (Array Json) := do
  match ns with
  | [] => return acc
  | n :: rest =>
    let name := if (env.find? n).isSome then n else mkPrivateName env n
    match env.find? name with
    | some ci => auditAll base env limit rest (acc.push (← auditOne base env limit name ci))
    | none => auditAll base env limit rest (acc.push (Json.mkObj
        [("name", .str n.toString), ("verdict", .str "theorem_missing"), ("detail", .str n.toString),
         ("axioms", .arr #[])]))

def startOf (session : Session) (request : Json) (heartbeats depth : Nat) : IO (Except String (Session × Kept)) := do
  match request.getObjVal? "env" with
  | .ok (.num n) =>
    match findKept session.kept n.mantissa.toNat with
    | some k => return .ok (session, k)
    | none => return .error "Unknown environment."
  | _ =>
    let (server, state) ← baseOf session.server (texts request "imports")
    return .ok ({ session with server }, { id := 0, base := state.env, state := inScope state heartbeats depth })

def runRequest (session : Session) (request : Json) : IO (Session × List (String × Json)) := do
  let heartbeats := natural request "heartbeats" 200000
  let depth := natural request "depth" 512
  match ← startOf session request heartbeats depth with
  | .error e => return (session, [("verdict", .str "refused"), ("detail", .str e)])
  | .ok (session, start) =>
    let text := text request "text"
    let input : Parser.InputContext :=
      { inputString := text, fileName := "<input>", fileMap := FileMap.ofString text, endPos := text.rawEndPos,
        endPos_valid := by simp }
    let guard := if Assay.text request "guard" == "off" then none else some { heartbeats, depth : Bounds }
    let before : Progress := { state := start.state, messages := #[], sorries := #[], declared := [] }
    let p ← runCommands input {} before guard 2000
    let audit ← auditAll start.base p.state.env (USize.ofNat (heartbeats * 1000)) p.declared #[]
    let id := session.next
    let kept := if flag request "keep" then { start with id, state := p.state } :: session.kept else session.kept
    return ({ session with kept, next := id + 1 },
      [("verdict", .str "ran"), ("env", number id), ("messages", .arr p.messages), ("sorries", .arr p.sorries),
       ("audit", .arr audit)])

def answer (session : Session) (request : Json) : IO (Session × List (String × Json)) := do
  match text request "op" with
  | "run" => runRequest session request
  | "forget" =>
    return ({ session with kept := withoutKept session.kept (natural request "env" 0) }, [("verdict", .str "forgotten")])
  | _ =>
    let (server, fields) ← judge session.server request
    return ({ session with server }, fields)

partial def converse (session : Session) (input : IO.FS.Stream) : IO Unit := do
  let line ← input.getLine
  if line.isEmpty then return
  match Json.parse line with
  | .error _ => converse session input
  | .ok request =>
    let id := match request.getObjVal? "id" with | .ok v => v | _ => .null
    let (session, fields) ← try answer session request
      catch e => pure (session, [("verdict", .str "failed"), ("detail", .str (toString e))])
    reply session.server (("id", id) :: fields)
    converse session input

end Assay

public def main (args : List String) : IO UInt32 := do
  let imports := match args with | [] => ["Init"] | _ => args
  let input ← IO.getStdin
  -- as in ``Audit.lean``
  let key := (← input.getLine).trimAscii.toString
  let base ← Assay.loadBase imports
  let server : Assay.Server := { key, bases := [(Assay.joined imports, base)], references := [] }
  Assay.reply server [("id", .num 0), ("verdict", .str "ready"), ("detail", .str Lean.versionString)]
  Assay.converse { server, kept := [], next := 0 } input
  return 0
