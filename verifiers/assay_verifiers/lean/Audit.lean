import Lean.Elab.Frontend
import Lean.Util.FoldConsts
import Lean.Data.Json.Parser
import Lean.Data.Json.Printer

/-!
Judges proofs, one JSON request per line, one JSON answer per line. The same file runs natively and on WebAssembly.

A submission is accepted when the named theorem, replayed by the kernel onto an environment that the submission
never touched, proves exactly the reference statement from the three standard axioms. What the elaborator says
about it is reported and never believed.

Only monomorphic helpers: WebAssembly builds ship exported `.olean` files alone, with which generic library
functions cannot be specialised.
-/

open Lean Elab

namespace Assay

/-! ## Lists -/

partial def names (a : Array Name) (i : Nat := 0) : List Name :=
  if h : i < a.size then a[i] :: names a (i + 1) else []

def append : List Name → List Name → List Name
  | [], b => b
  | a :: as, b => a :: append as b

def sameNames : List Name → List Name → Bool
  | [], [] => true
  | a :: as, b :: bs => a == b && sameNames as bs
  | _, _ => false

def appendMessages : List Message → List Message → List Message
  | [], b => b
  | a :: as, b => a :: appendMessages as b

def hasName : List Name → Name → Bool
  | [], _ => false
  | a :: as, n => a == n || hasName as n

/-! ## The guard: which syntax may be elaborated at all -/

def allowedCommands : List Name :=
  [`Lean.Parser.Command.declaration, `Lean.Parser.Command.section, `Lean.Parser.Command.namespace,
   `Lean.Parser.Command.end, `Lean.Parser.Command.open, `Lean.Parser.Command.variable, `Lean.Parser.Command.universe,
   `Lean.Parser.Command.set_option, `Lean.Parser.Command.attribute, `Lean.Parser.Command.in,
   `Lean.Parser.Command.mutual, `Lean.Parser.Command.include, `Lean.Parser.Command.omit,
   `Lean.Parser.Command.noncomputableSection, `Lean.Parser.Command.check, `Lean.Parser.Command.moduleDoc,
   `Lean.Parser.Command.printAxioms, `Lean.Parser.Command.print, `Lean.Parser.Command.eoi, `lemma]

def allowedDeclarations : List Name :=
  [`Lean.Parser.Command.theorem, `Lean.Parser.Command.definition, `Lean.Parser.Command.abbrev,
   `Lean.Parser.Command.example, `Lean.Parser.Command.instance, `Lean.Parser.Command.inductive,
   `Lean.Parser.Command.structure, `Lean.Parser.Command.classInductive]

def allowedAttributes : List Name :=
  [`simp, `ext, `instance, `reducible, `irreducible, `semireducible, `inline, `always_inline, `noinline, `refl,
   `symm, `trans, `congr, `elab_as_elim, `match_pattern, `grind, `norm_num, `norm_cast, `push_cast, `positivity,
   `Lean.Parser.Attr.simp, `Lean.Parser.Attr.instance, `Lean.Parser.Attr.ext, `Lean.Parser.Attr.grind,
   `Lean.Parser.Attr.defaultInstance, `Lean.Parser.Attr.norm_cast]

def flagOptions : List Name := [`autoImplicit, `relaxedAutoImplicit, `warn.sorry, `tactic.hygienic]

/-- Numeric options that a submission may set, up to what the request allows. -/
def boundedOptions : List Name := [`maxHeartbeats, `maxRecDepth, `synthInstance.maxHeartbeats, `synthInstance.maxSize]

/-- Terms, tactics and modifiers that run code, trust the compiler, sleep, or switch the kernel's care off. -/
def deniedInside : List Name :=
  [`Lean.Parser.Command.unsafe, `Lean.Parser.Command.partial, `Lean.Parser.Command.meta, `Lean.Parser.Term.unsafe,
   `Lean.Parser.Tactic.nativeDecide, `Lean.Parser.Tactic.runTac, `Lean.Parser.Term.byElab, `Lean.byElab,
   `Lean.includeStr, `Lean.Parser.Term.includeStr, `Lean.Parser.Tactic.sleep, `Lean.Parser.Term.dbgTrace,
   `Lean.runCmd, `Lean.runElab, `Lean.runMeta, `Lean.Parser.Tactic.bvDecide, `Lean.Parser.Tactic.bvTrace,
   `Lean.Parser.Tactic.tacticAdmit, `Lean.Parser.Command.deriving]

def deniedNames : List Name :=
  [`sorryAx, `Lean.ofReduceBool, `Lean.ofReduceNat, `Lean.trustCompiler, `Lean.reduceBool, `Lean.reduceNat,
   `lcProof, `lcUnreachable, `lcAny, `unsafeCast]

def insertAll : List Name → NameSet → NameSet
  | [], s => s
  | n :: ns, s => insertAll ns (s.insert n)

/-- The same as sets: every node of every command is looked up. -/
def deniedKinds : NameSet := insertAll deniedInside {}
def deniedConstants : NameSet := insertAll deniedNames {}

structure Bounds where
  heartbeats : Nat
  depth : Nat

def argument (s : Syntax) (i : Nat) : Syntax := s.getArg i

def isSetOption (k : Name) : Bool :=
  k == `Lean.Parser.Command.set_option || k == `Lean.Parser.Term.set_option || k == `Lean.Parser.Tactic.set_option

def badOption (s : Syntax) (b : Bounds) : Option Name :=
  let option := (argument s 1).getId
  let natural := match (argument s 2).isNatLit? with
    | some n => some n
    | none => (argument s 3).isNatLit?
  if hasName boundedOptions option then
    match natural with
    | some n =>
      let most := if option == `maxRecDepth then b.depth else b.heartbeats
      if n > 0 && n ≤ most then none else some option
    | none => some option
  else if hasName flagOptions option || (`pp).isPrefixOf option || (`linter).isPrefixOf option then none
  else some option

def badAttribute (s : Syntax) : Option Name :=
  let attr := argument s 1
  let kind := if attr.getKind == `Lean.Parser.Attr.simple then (argument attr 0).getId.eraseMacroScopes else attr.getKind
  if hasName allowedAttributes kind then none else some kind

mutual
/-- The first thing inside a command that may not be there. -/
partial def badInside (b : Bounds) (s : Syntax) : Option Name :=
  match s with
  | .node _ k args =>
    if deniedKinds.contains k then some k
    else if isSetOption k then badOption s b
    else if k == `Lean.Parser.Term.attrInstance then badAttribute s
    else badAmong b args 0
  | .ident _ _ v _ => if deniedConstants.contains v then some v else none
  | .atom _ v => if v == "+native" then some `native else none
  | .missing => none
partial def badAmong (b : Bounds) (args : Array Syntax) (i : Nat) : Option Name :=
  if h : i < args.size then
    match badInside b args[i] with
    | some n => some n
    | none => badAmong b args (i + 1)
  else none
end

mutual
/-- The first reason why a command may not be elaborated. -/
partial def badCommand (b : Bounds) (s : Syntax) : Option Name :=
  let k := s.getKind
  if !hasName allowedCommands k then some k
  else if k == `Lean.Parser.Command.declaration then
    let d := (argument s 1).getKind
    if hasName allowedDeclarations d then badInside b s else some d
  else if k == `Lean.Parser.Command.in then
    match badCommand b (argument s 0) with
    | some n => some n
    | none => badCommand b (argument s 2)
  else if k == `Lean.Parser.Command.mutual then badCommands b (argument s 1).getArgs 0
  else badInside b s
partial def badCommands (b : Bounds) (args : Array Syntax) (i : Nat) : Option Name :=
  if h : i < args.size then
    match badCommand b args[i] with
    | some n => some n
    | none => badCommands b args (i + 1)
  else none
end

/-! ## Elaboration: parse one command, judge its syntax, elaborate that syntax -/

structure Run where
  state : Command.State
  messages : List Message
  refused : Option Name
  /-- Full name of the last declaration in the text. -/
  declared : Name

partial def findDeclId (s : Syntax) : Option Name :=
  match s with
  | .node _ k args =>
    if k == `Lean.Parser.Command.declId then some (argument s 0).getId
    else
      let rec go (i : Nat) : Option Name :=
        if h : i < args.size then
          match findDeclId args[i] with
          | some n => some n
          | none => go (i + 1)
        else none
      go 0
  | _ => none

def fullName (ns n : Name) : Name :=
  if (`_root_).isPrefixOf n then n.replacePrefix `_root_ .anonymous else ns ++ n

def scopeOf (state : Command.State) : Command.Scope :=
  match state.scopes with
  | a :: _ => a
  | [] => { header := "" }

partial def snapshotMessages (trees : List Language.Snapshot) : List Message :=
  match trees with
  | [] => []
  | a :: as => appendMessages a.diagnostics.msgLog.toList (snapshotMessages as)

partial def snapshotList (a : Array Language.Snapshot) (i : Nat) : List Language.Snapshot :=
  if h : i < a.size then a[i] :: snapshotList a (i + 1) else []

partial def taskMessages (tasks : Array (Language.SnapshotTask Language.SnapshotTree)) (i : Nat) : List Message :=
  if h : i < tasks.size then
    appendMessages (snapshotMessages (snapshotList tasks[i].task.get.getAll 0)) (taskMessages tasks (i + 1))
  else []

def elaborate (input : Parser.InputContext) (position : String.Pos.Raw) (cmd : Syntax) (state : Command.State) :
    IO Command.State := do
  let context : Command.Context :=
    { cmdPos := position, fileName := input.fileName, fileMap := input.fileMap, snap? := none, cancelTk? := none }
  match ← ((Command.elabCommandTopLevel cmd context).run state).toIO' with
  | .ok (_, state) => return state
  | .error e => throw (IO.userError ("command failed: " ++ (← e.toMessageData.toString)))

partial def commands (input : Parser.InputContext) (parser : Parser.ModuleParserState) (run : Run) (guard : Option Bounds)
    (fuel : Nat) : IO Run := do
  if fuel == 0 then return { run with refused := some `too_many_commands }
  let scope := scopeOf run.state
  let context : Parser.ParserModuleContext :=
    { env := run.state.env, options := scope.opts, currNamespace := scope.currNamespace, openDecls := scope.openDecls }
  let (cmd, next, log) := Parser.parseCommand input context parser {}
  let refused := match guard with
    | some bounds => badCommand bounds cmd
    | none => none
  let messages := appendMessages run.messages log.toList
  match refused with
  | some n => return { run with messages, refused := some n }
  | none =>
    if Parser.isTerminalCommand cmd then return { run with messages }
    let declared := match findDeclId cmd with
      | some n => fullName scope.currNamespace n
      | none => run.declared
    let clean := { run.state with messages := {}, snapshotTasks := #[] }
    let state ← elaborate input parser.pos cmd clean
    let found := appendMessages state.messages.toList (taskMessages state.snapshotTasks 0)
    let state := { state with messages := {}, snapshotTasks := #[], infoState := { enabled := false } }
    commands input next { state, messages := appendMessages messages found, refused := none, declared } guard (fuel - 1)

def runText (state : Command.State) (text : String) (guard : Option Bounds) : IO Run :=
  let input : Parser.InputContext :=
    { inputString := text, fileName := "<proof>", fileMap := FileMap.ofString text, endPos := text.rawEndPos,
      endPos_valid := by simp }
  commands input {} { state, messages := [], refused := none, declared := .anonymous } guard 2000

def isError (m : Message) : Bool := match m.severity with | .error => true | _ => false

def anyError : List Message → Bool
  | [] => false
  | m :: ms => isError m || anyError ms

/-! ## Constants: what reaches what -/

def constructorTypes (env : Environment) : List Name → List Expr
  | [] => []
  | c :: cs => match env.find? c with
    | some ci => ci.type :: constructorTypes env cs
    | none => constructorTypes env cs

def sameTypes : List Expr → List Expr → Bool
  | [], [] => true
  | a :: as, b :: bs => a == b && sameTypes as bs
  | _, _ => false

/-- The constants that `ci` mentions: in its type, its value, and for inductive types in what belongs to them. -/
def mentions (ci : ConstantInfo) : List Name :=
  let inType := names ci.type.getUsedConstants
  match ci with
  | .thmInfo v => append (names v.value.getUsedConstants) inType
  | .defnInfo v => append (names v.value.getUsedConstants) inType
  | .opaqueInfo v => append (names v.value.getUsedConstants) inType
  | .inductInfo v => append v.ctors (append v.all inType)
  | .ctorInfo v => v.induct :: inType
  | .recInfo v => append v.all inType
  | _ => inType

def sameConstant (r s : Environment) (a b : ConstantInfo) : Bool :=
  a.type == b.type && sameNames a.levelParams b.levelParams && a.isUnsafe == b.isUnsafe &&
  match a, b with
  | .defnInfo x, .defnInfo y => x.value == y.value
  | .opaqueInfo x, .opaqueInfo y => x.value == y.value
  | .thmInfo _, .thmInfo _ => true
  | .axiomInfo _, .axiomInfo _ => true
  | .inductInfo x, .inductInfo y =>
    sameNames x.ctors y.ctors && x.numParams == y.numParams && x.numIndices == y.numIndices &&
    sameNames x.all y.all && sameTypes (constructorTypes r x.ctors) (constructorTypes s y.ctors)
  | .ctorInfo x, .ctorInfo y => x.induct == y.induct && x.cidx == y.cidx
  | .recInfo x, .recInfo y => sameNames x.all y.all && x.k == y.k
  | .quotInfo _, .quotInfo _ => true
  | _, _ => false

/-- The first constant that `todo` reaches and that is not the same in `s` as in `r`. -/
partial def changed (base r s : Environment) (todo : List Name) (seen : NameSet) : Option Name :=
  match todo with
  | [] => none
  | n :: rest =>
    if seen.contains n then changed base r s rest seen else
    let seen := seen.insert n
    match base.find? n with
    | some _ => changed base r s rest seen  -- both environments extend `base`
    | none =>
    match r.find? n, s.find? n with
    | some a, some b =>
      if sameConstant r s a b then changed base r s (append (mentions a) rest) seen else some n
    | _, _ => some n

def standard (n : Name) : Bool := n == ``propext || n == ``Classical.choice || n == ``Quot.sound

/-- Whether an imported constant was declared as an axiom. Exported theorems arrive as axioms too, so the kind
that was recorded when they were declared decides, and known names whatever was recorded. -/
def importedAxiom (env : Environment) (n : Name) : Bool :=
  deniedConstants.contains n ||
  match getOriginalConstKind? env n with
  | some .axiom => true
  | _ => false

structure Reached where
  axioms : List Name
  /-- Unsafe or partial, or not in the environment at all. -/
  unusable : List Name

/-- What `todo` reaches. Imported constants are trusted: theorems among them arrive without their proofs. -/
partial def reach (env : Environment) (todo : List Name) (seen : NameSet) (found : Reached) : Reached :=
  match todo with
  | [] => found
  | n :: rest =>
    if seen.contains n then reach env rest seen found else
    let seen := seen.insert n
    match env.find? n with
    | none => reach env rest seen { found with unusable := n :: found.unusable }
    | some ci =>
      let found := if ci.isUnsafe || ci.isPartial then { found with unusable := n :: found.unusable } else found
      match env.getModuleIdxFor? n with
      | some _ =>
        let found := if importedAxiom env n then { found with axioms := n :: found.axioms } else found
        reach env rest seen found
      | none =>
        let found := match ci with
          | .axiomInfo _ => { found with axioms := n :: found.axioms }
          | _ => found
        reach env (append (mentions ci) rest) seen found

def notStandard : List Name → List Name
  | [] => []
  | n :: ns => if standard n then notStandard ns else n :: notStandard ns

/-! ## Replay: the kernel checks every new constant again, on an environment the submission never saw -/

structure Replayed where
  env : Environment
  done : NameSet
  count : Nat

def add (limit : USize) (r : Replayed) (d : Declaration) : IO Replayed := do
  match r.env.addDeclCore limit d none with
  | .ok env => return { r with env, count := r.count + 1 }
  | .error e => throw (IO.userError (← (e.toMessageData {}).toString))

partial def constructors (env : Environment) : List Name → List Constructor
  | [] => []
  | c :: cs => match env.find? c with
    | some ci => { name := c, type := ci.type } :: constructors env cs
    | none => constructors env cs

partial def inductiveTypes (env : Environment) : List Name → IO (List InductiveType)
  | [] => pure []
  | n :: ns => do
    match env.find? n with
    | some (.inductInfo v) =>
      let rest ← inductiveTypes env ns
      return { name := n, type := v.type, ctors := constructors env v.ctors } :: rest
    | _ => throw (IO.userError ("not an inductive type: " ++ n.toString))

/-- What the types of `ns` and of their constructors mention. -/
partial def inductiveMentions (env : Environment) : List Name → List Name
  | [] => []
  | n :: ns => match env.find? n with
    | some (.inductInfo v) =>
      append (names v.type.getUsedConstants) (append (ofConstructors v.ctors) (inductiveMentions env ns))
    | _ => inductiveMentions env ns
where
  ofConstructors : List Name → List Name
    | [] => []
    | c :: cs => match env.find? c with
      | some ci => append (names ci.type.getUsedConstants) (ofConstructors cs)
      | none => ofConstructors cs

mutual
partial def replayAll (base env : Environment) (limit : USize) (ns : List Name) (r : Replayed) : IO Replayed :=
  match ns with
  | [] => pure r
  | n :: rest => do
    let r ← replay base env limit n r
    replayAll base env limit rest r
partial def replay (base env : Environment) (limit : USize) (n : Name) (r : Replayed) : IO Replayed := do
  if r.done.contains n then return r
  let r := { r with done := r.done.insert n }
  match base.find? n with
  | some _ => return r
  | none =>
  match env.find? n with
  | none => throw (IO.userError ("unknown constant " ++ n.toString))
  | some ci =>
    match ci with
    | .axiomInfo v => throw (IO.userError ("axiom " ++ v.name.toString))
    | .quotInfo _ => throw (IO.userError "quotient primitive")
    | .thmInfo v => add limit (← replayAll base env limit (mentions ci) r) (.thmDecl v)
    | .defnInfo v => add limit (← replayAll base env limit (mentions ci) r) (.defnDecl v)
    | .opaqueInfo v => add limit (← replayAll base env limit (mentions ci) r) (.opaqueDecl v)
    | .ctorInfo v => replay base env limit v.induct r
    | .recInfo v => replayAll base env limit v.all r
    | .inductInfo v => do
      let r := { r with done := insertAll v.all r.done }
      let r ← replayAll base env limit (inductiveMentions env v.all) r
      let types ← inductiveTypes env v.all
      add limit r (.inductDecl v.levelParams v.numParams types v.isUnsafe)
end

/-! ## The verdict -/

structure Reference where
  key : String
  /-- After the preamble: what a submission continues, and what its constants are replayed onto. -/
  state : Command.State
  /-- With the statement, unproven. -/
  env : Environment
  name : Name
  problem : String
  messages : List Message

structure Answer where
  verdict : String
  detail : String := ""
  axioms : List Name := []
  messages : List Message := []
  constants : Nat := 0

def audit (r : Reference) (run : Run) (guard : Bool) (limit : USize) : IO Answer := do
  let answer (verdict detail : String) (axioms : List Name := []) (constants : Nat := 0) : Answer :=
    { verdict, detail, axioms, messages := run.messages, constants }
  let base := r.state.env
  let env := run.state.env
  match run.refused with
  | some n => return answer "forbidden_syntax" n.toString
  | none =>
  if guard && anyError run.messages then return answer "elaboration_error" ""
  match r.env.find? r.name, env.find? r.name with
  | none, _ => return answer "bad_reference" "the statement declares no such theorem"
  | _, none => return answer "theorem_missing" r.name.toString
  | some reference, some found =>
    match found with
    | .axiomInfo _ => return answer "forbidden_axiom" r.name.toString [r.name]
    | .thmInfo _ =>
      if !(reference.type == found.type && sameNames reference.levelParams found.levelParams) then
        return answer "statement_changed" r.name.toString
      let reached := reach env [r.name] {} { axioms := [], unusable := [] }
      match notStandard reached.axioms, reached.unusable with
      | n :: _, _ => return answer "forbidden_axiom" n.toString reached.axioms
      | [], n :: _ => return answer "unsafe_constant" n.toString reached.axioms
      | [], [] =>
        let replayed ← try
            pure (Except.ok (← replay base env limit r.name { env := base, done := {}, count := 0 }))
          catch e => pure (Except.error (toString e))
        match replayed with
        | .error e => return answer "kernel_rejected" e reached.axioms
        | .ok replayed =>
          match replayed.env.find? r.name with
          | some (.thmInfo proven) =>
            if !(reference.type == proven.type && sameNames reference.levelParams proven.levelParams) then
              return answer "statement_changed" r.name.toString
            match changed base r.env replayed.env (names reference.type.getUsedConstants) {} with
            | some n => return answer "constant_changed" n.toString reached.axioms
            | none => return answer "accepted" "" reached.axioms replayed.count
          | _ => return answer "kernel_rejected" "the theorem was not replayed" reached.axioms
    | _ => return answer "not_a_theorem" r.name.toString

/-! ## Requests -/

structure Server where
  key : String
  bases : List (String × Command.State)
  references : List Reference

def text (j : Json) (k : String) : String :=
  match j.getObjVal? k with | .ok (.str s) => s | _ => ""

def natural (j : Json) (k : String) (default : Nat) : Nat :=
  match j.getObjVal? k with
  | .ok (.num n) => n.mantissa.toNat
  | _ => default

def number (n : Nat) : Json := .num (JsonNumber.fromNat n)

partial def strings (a : Array Json) (i : Nat) : List String :=
  if h : i < a.size then
    match a[i] with
    | .str s => s :: strings a (i + 1)
    | _ => strings a (i + 1)
  else []

def texts (j : Json) (k : String) : List String :=
  match j.getObjVal? k with | .ok (.arr a) => strings a 0 | _ => []

def joined : List String → String
  | [] => ""
  | a :: as => a ++ " " ++ joined as

def importList : List String → Array Import → Array Import
  | [], a => a
  | s :: ss, a => importList ss (a.push { module := s.toName })

def findBase : List (String × Command.State) → String → Option Command.State
  | [], _ => none
  | (k, s) :: rest, key => if k == key then some s else findBase rest key

def findReference : List Reference → String → Option Reference
  | [], _ => none
  | r :: rest, key => if r.key == key then some r else findReference rest key

def firstReferences : Nat → List Reference → List Reference
  | 0, _ => []
  | _, [] => []
  | n + 1, r :: rs => r :: firstReferences n rs

def loadBase (imports : List String) : IO Command.State := do
  let env ← Lean.importModules (importList imports #[]) {} 0 (loadExts := true) (leakEnv := true)
  return Command.mkState env {} {}

/-- Options and scope of every text. Definitions need no code, which exported `.olean` files could not compile. -/
def inScope (state : Command.State) (heartbeats depth : Nat) : Command.State :=
  let opts : Options := {}
  let opts := opts.set `maxHeartbeats heartbeats
  let opts := opts.set `maxRecDepth depth
  let opts := opts.set `Elab.async false
  -- a misspelt name is an error, not a new variable
  let opts := opts.set `autoImplicit false
  -- nobody reads what linters and editors would
  let opts := opts.set `linter.all false
  { state with
    scopes := [{ header := "", opts, isNoncomputable := true }], maxRecDepth := depth, infoState := { enabled := false } }

def unchecked : List Command.Scope → List Command.Scope
  | [] => []
  | s :: ss => { s with opts := s.opts.set `debug.skipKernelTC true } :: unchecked ss

/-- Submissions are elaborated without the kernel's check: the replay checks all that an accepted theorem rests
on, and to do it twice takes twice as long. -/
def forSubmission (state : Command.State) : Command.State := { state with scopes := unchecked state.scopes }

def baseOf (server : Server) (imports : List String) : IO (Server × Command.State) := do
  match findBase server.bases (joined imports) with
  | some state => return (server, state)
  | none =>
    let state ← loadBase imports
    return ({ server with bases := (joined imports, state) :: server.bases }, state)

def newReference (base : Command.State) (key : String) (request : Json) (heartbeats depth : Nat) : IO Reference := do
  let start := inScope base heartbeats depth
  let before ← runText start (text request "preamble") none
  let after ← runText before.state (text request "statement") none
  let name := after.declared
  let wanted := (text request "name").toName
  let make (problem : String) : Reference :=
    { key, state := before.state, env := after.state.env, name, problem,
      messages := appendMessages before.messages after.messages }
  if anyError before.messages then return make "the preamble does not elaborate"
  if anyError after.messages then return make "the statement does not elaborate"
  if (before.state.env.find? name).isSome then return make "the statement declares nothing new"
  if wanted != .anonymous && wanted != name && !wanted.isSuffixOf name then
    return make ("the statement declares " ++ name.toString)
  match after.state.env.find? name with
  | some (.thmInfo _) => return make ""
  | _ => return make "the statement is not a theorem"

def referenceOf (server : Server) (request : Json) (heartbeats depth : Nat) : IO (Server × Reference) := do
  let imports := texts request "imports"
  let key := joined imports ++ "\x00" ++ text request "preamble" ++ "\x00" ++ text request "statement" ++ "\x00" ++
    text request "name" ++ "\x00" ++ toString heartbeats ++ "\x00" ++ toString depth
  match findReference server.references key with
  | some r => return (server, r)
  | none =>
    let (server, base) ← baseOf server imports
    let r ← newReference base key request heartbeats depth
    return ({ server with references := r :: firstReferences 31 server.references }, r)

/-- Texts are cut by whoever asked; one that is absurdly long is not sent at all. -/
def cut (s : String) : String := if s.utf8ByteSize > 20000 then "(a very long text)" else s

def severity (m : Message) : String :=
  match m.severity with | .error => "error" | .warning => "warning" | .information => "info"

/-- The first messages as JSON, errors before others; each text is cut. -/
partial def shown (ms : List Message) (errors : Bool) (room : Nat) (acc : Array Json) : IO (Array Json) := do
  match ms with
  | [] => return acc
  | m :: rest =>
    if room == 0 then return acc
    if isError m != errors then shown rest errors room acc else
      let s ← m.data.toString
      let j := Json.mkObj [("severity", .str (severity m)), ("line", number m.pos.line),
        ("column", number m.pos.column), ("text", .str (cut s))]
      shown rest errors (room - 1) (acc.push j)

def nameStrings : List Name → Array Json → Array Json
  | [], a => a
  | n :: ns, a => nameStrings ns (a.push (.str n.toString))

def judge (server : Server) (request : Json) : IO (Server × List (String × Json)) := do
  let heartbeats := natural request "heartbeats" 200000
  let depth := natural request "depth" 512
  let guard := text request "guard" != "off"
  let t0 ← IO.monoMsNow
  let found ← try pure (Except.ok (← referenceOf server request heartbeats depth))
    catch e => pure (Except.error (toString e))
  match found with
  | .error e => return (server, [("verdict", .str "bad_reference"), ("detail", .str (cut e))])
  | .ok (server, r) =>
  let t1 ← IO.monoMsNow
  if r.problem != "" then
    let messages ← shown r.messages true 4 #[]
    return (server, [("verdict", .str "bad_reference"), ("detail", .str r.problem), ("messages", .arr messages)])
  if text request "op" == "probe" then
    return (server, [("verdict", .str "usable"), ("detail", .str r.name.toString)])
  let bounds := if guard then some { heartbeats, depth : Bounds } else none
  let run ← runText (forSubmission r.state) (text request "submission") bounds
  let t2 ← IO.monoMsNow
  let a ← audit r run guard (USize.ofNat (heartbeats * 1000))
  let t3 ← IO.monoMsNow
  let messages ← shown a.messages true 4 #[]
  let messages ← shown a.messages false 2 messages
  return (server, [("verdict", .str a.verdict), ("detail", .str (cut a.detail)), ("name", .str r.name.toString),
    ("axioms", .arr (nameStrings a.axioms #[])), ("messages", .arr messages), ("constants", number a.constants),
    ("reference_ms", number (t1 - t0)), ("submission_ms", number (t2 - t1)), ("audit_ms", number (t3 - t2))])

def reply (server : Server) (fields : List (String × Json)) : IO Unit := do
  IO.println ("@" ++ (Json.mkObj (("key", .str server.key) :: fields)).compress)
  (← IO.getStdout).flush

/-- What answers a request; the program for exports brings its own. -/
abbrev Judge := Server → Json → IO (Server × List (String × Json))

partial def serve (judge : Judge) (server : Server) (input : IO.FS.Stream) : IO Unit := do
  let line ← input.getLine
  if line.isEmpty then return
  match Json.parse line with
  | .error _ => serve judge server input
  | .ok request =>
    let id := match request.getObjVal? "id" with | .ok v => v | _ => .null
    let (server, fields) ← try judge server request
      catch e => pure (server, [("verdict", .str "failed"), ("detail", .str (toString e))])
    reply server (("id", id) :: fields)
    serve judge server input

def start (judge : Judge) (args : List String) : IO UInt32 := do
  let imports := match args with | [] => ["Init"] | _ => args
  let input ← IO.getStdin
  -- the first line is a secret that marks every answer; no submission runs before it is read
  let key := (← input.getLine).trimAscii.toString
  let base ← loadBase imports
  let server : Server := { key, bases := [(joined imports, base)], references := [] }
  reply server [("id", .num 0), ("verdict", .str "ready"), ("detail", .str Lean.versionString)]
  serve judge server input
  return 0

end Assay

public def main (args : List String) : IO UInt32 := Assay.start Assay.judge args
