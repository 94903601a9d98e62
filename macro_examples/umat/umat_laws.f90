!> The points of a model and their RVEs, made once for the process, before any point is evaluated.
module umat_points
  use seco
  use, intrinsic :: iso_c_binding, only: c_int, c_int8_t
  implicit none
  type(seco_points), save :: points
  !> States for a restart are written to this file and read from it.
  character(*), parameter :: state_file = 'seco_points.state'

contains

  !> Ends the analysis with what the library says.
  subroutine stop_with_message(what)
    character(*), intent(in) :: what
    write (*, '(4a)') 'umat: ', what, ': ', seco_message()
    error stop 'umat: no stress'
  end subroutine stop_with_message

  subroutine create_points()
    character(1024) :: file, number
    integer :: code, length, i, n_points, status
    call get_environment_variable('SECO_PARAMETERS', file, length)
    if (length == 0) file = 'laws_material.prm'
    call get_environment_variable('SECO_POINTS', number, length)
    read (number, *, iostat=status) n_points
    if (length == 0 .or. status /= 0) error stop &
      'umat: the environment variable SECO_POINTS has to give the number of integration points with this material'
    code = seco_points_create(file, 'Material 0/homogenized laws', n_points, points)
    if (code /= seco_ok) call stop_with_message('there are no points')
    do i = 0, seco_points_n_notes(points) - 1
      write (*, '(2a)') 'umat: note: ', seco_points_note(points, i)
    end do
  end subroutine create_points

  !> The increment has converged: what was evaluated last is accepted here already, since the file keeps states
  !! at the begin of increments.
  subroutine write_states()
    integer(c_int8_t), allocatable :: bytes(:)
    integer :: unit, i
    if (seco_points_accept(points) /= seco_ok) call stop_with_message('the increment cannot end')
    open (newunit=unit, file=state_file//'.new', access='stream', form='unformatted', status='replace')
    do i = 0, seco_points_number(points) - 1
      if (seco_points_save(points, int(i, c_int), bytes) /= seco_ok) call stop_with_message('no state')
      write (unit) size(bytes), bytes
    end do
    close (unit)
    ! A file under the final name is always complete.
    call execute_command_line('mv '//state_file//'.new '//state_file)
  end subroutine write_states

  subroutine read_states()
    integer(c_int8_t), allocatable :: bytes(:)
    integer :: unit, i, n, status
    open (newunit=unit, file=state_file, access='stream', form='unformatted', status='old', iostat=status)
    if (status /= 0) error stop 'umat: the analysis is restarted, and there is no file '//state_file
    do i = 0, seco_points_number(points) - 1
      read (unit, iostat=status) n
      if (status == 0) then
        if (allocated(bytes)) deallocate (bytes)
        allocate (bytes(n))
        read (unit, iostat=status) bytes
      end if
      if (status /= 0) error stop 'umat: '//state_file//' ends too early: SECO_POINTS has to be that of the first run'
      if (seco_points_restore(points, int(i, c_int), bytes) /= seco_ok) call stop_with_message(state_file)
    end do
    close (unit)
  end subroutine read_states
end module umat_points

!> Abaqus/Standard calls this at the start of an analysis (lop = 0), of one that is restarted (lop = 4), at the
!! end of each increment (lop = 2), and at the end (lop = 3); a program of your own does the same. The environment
!! variable SECO_PARAMETERS names the parameter file, SECO_POINTS is the number of integration points.
subroutine uexternaldb(lop, lrestart, time, dtime, kstep, kinc)
  use umat_points
  implicit none
  integer :: lop, lrestart, kstep, kinc
  real(8) :: time(2), dtime

  if ((lop == 0 .or. lop == 4) .and. .not. seco_points_are_created(points)) call create_points()
  if (lop == 4) call read_states()
  ! Abaqus writes its own restart file at the end of this increment.
  if (lop == 2 .and. lrestart > 0) call write_states()
  if (lop == 3) call seco_points_destroy(points)
end subroutine uexternaldb

!> User material of Abaqus/Standard: a nonlinear RVE with a history of its own at every integration point, for
!! solids in 3D (ntens = 6) and in plane strain (ntens = 4), also called by several threads at a time. Strains are
!! small: no geometric nonlinearity. The state of the voxels stays in the library; statev(1), if given, becomes the
!! guaranteed error of the stress, relative to it, statev(2) the mean equivalent plastic strain at the begin of the
!! increment. A point without an answer asks for a shorter increment by pnewdt. Energies are not set.
!!
!! Nobody tells a UMAT when an increment ends. seco_points_increment finds out by the time at its begin: the same
!! again is the same increment, one iteration further or cut; the end of the one before says that it has converged.
subroutine umat(stress, statev, ddsdde, sse, spd, scd, rpl, ddsddt, drplde, drpldt, stran, dstran, time, dtime, &
                temp, dtemp, predef, dpred, cmname, ndi, nshr, ntens, nstatv, props, nprops, coords, drot, pnewdt, &
                celent, dfgrd0, dfgrd1, noel, npt, layer, kspt, jstep, kinc)
  use umat_points
  implicit none
  integer :: ndi, nshr, ntens, nstatv, nprops, noel, npt, layer, kspt, jstep(4), kinc
  real(8) :: stress(ntens), statev(nstatv), ddsdde(ntens, ntens), sse, spd, scd, rpl, ddsddt(ntens), drplde(ntens)
  real(8) :: drpldt, stran(ntens), dstran(ntens), time(2), dtime, temp, dtemp, predef(*), dpred(*), props(*)
  real(8) :: coords(3), drot(3, 3), pnewdt, celent, dfgrd0(3, 3), dfgrd1(3, 3)
  character(80) :: cmname
  real(8) :: strain(6), increment(6), all_stress(6), tangent(6, 6), error, step_fraction, plastic
  integer(c_int) :: code, point

  if (ndi /= 3) error stop 'umat: allowed are elements in 3D, plane strain and axisymmetric ones (ndi = 3)'
  if (seco_points_find(points, noel, npt, point) /= seco_ok) call stop_with_message('no point')
  ! In plane strain the components 11 22 33 12 are the first four of 11 22 33 12 13 23.
  strain = 0
  increment = 0
  strain(1:ntens) = stran
  increment(1:ntens) = dstran
  code = seco_points_increment(points, seco_abaqus, point, time(2), dtime, strain, increment, all_stress, tangent, &
                               error=error, step_fraction=step_fraction)
  if (code == seco_shorter_step) then
    pnewdt = min(pnewdt, step_fraction)
    return
  end if
  if (code /= seco_ok .and. code /= seco_unreliable) then
    write (*, '(a,i0,a,i0)') 'umat: element ', noel, ', point ', npt
    call stop_with_message('no stress')
  end if
  stress = all_stress(1:ntens)
  ddsdde = tangent(1:ntens, 1:ntens)
  if (nstatv > 0) statev(1) = error
  if (nstatv > 1) then
    if (seco_points_mean_state(points, point, 'equivalent plastic strain', plastic) == seco_ok) statev(2) = plastic
  end if
end subroutine umat
